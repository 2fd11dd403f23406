"""The place of a circle or rectangle that holds the most points, exactly: not the best of a grid of places.

Every place can be moved, without losing a point, until a point lies on its edge. For a rectangle, one point is then the
leftmost; for a circle, one lies on the circumference. So each point in turn is taken for that one, and the place is
swept along what is left to choose: y, or the angle. Points around which too few others lie are passed over.
"""

import numpy as np
from scipy.spatial import KDTree

from mitosis.count.window import SLACK, Window


def densest_circle(points: np.ndarray, radius: float) -> Window | None:
    """The circle that holds the most points; None without points.

    Args:
        points: (n, 2) x, y.
        radius: Radius in the same unit, positive.

    Returns:
        The circle; among equal ones the choice does not depend on the order of the points.
    """
    points = _ordered(points)
    if not len(points):
        return None
    reach = 2 * radius * (1 + SLACK / 4)
    tree = KDTree(points)
    bounds = np.asarray(tree.query_ball_point(points, reach, return_length=True))
    best, place = 0, points[0]
    for index in np.argsort(-bounds, kind="stable"):
        if bounds[index] <= best:
            break
        near = points[tree.query_ball_point(points[index], reach)] - points[index]
        count, centre = _swept_around(near, radius)
        if count > best:
            best, place = count, points[index] + centre
    return Window(float(place[0]), float(place[1]), 2 * radius, 2 * radius, circle=True)


def densest_rectangle(points: np.ndarray, width: float, height: float) -> Window | None:
    """The upright rectangle that holds the most points; None without points.

    Args:
        points: (n, 2) x, y.
        width: Width in the same unit, positive.
        height: Height in the same unit, positive.

    Returns:
        The rectangle, in the middle of the places that hold the same points.
    """
    points = _ordered(points)
    if not len(points):
        return None
    # In units of half a width and of a height: what shares a rectangle with its leftmost point lies from 0 to 2 in x
    # and from -1 to 1 in y, which is a square around a place at 1, 0 from the point.
    scaled = points / (width / 2, height)
    tree = KDTree(scaled)
    bounds = np.asarray(tree.query_ball_point(scaled + (1, 0), 1 + SLACK, p=np.inf, return_length=True))
    best, held = 0, points[:1]
    for index in np.argsort(-bounds, kind="stable"):
        if bounds[index] <= best:
            break
        near = points[tree.query_ball_point(scaled[index] + (1, 0), 1 + SLACK, p=np.inf)]
        near = near[np.argsort(near[:, 1], kind="stable")]
        ends = np.searchsorted(near[:, 1], near[:, 1] + height * (1 + SLACK), side="right")
        counts = ends - np.arange(len(near))
        first = int(counts.argmax())
        if counts[first] > best:
            best, held = int(counts[first]), near[first : ends[first]]
    x, y = (held.min(axis=0) + held.max(axis=0)) / 2
    return Window(float(x), float(y), width, height, circle=False)


def _swept_around(near: np.ndarray, radius: float) -> tuple[int, np.ndarray]:
    """The most of the points ``near`` the origin that a circle through it holds, and that circle's centre.

    The centres of the circles that hold a point are an arc of the circle of ``radius`` around the origin.
    """
    distance = np.hypot(near[:, 0], near[:, 1])
    apart = distance > 0
    always = int((~apart).sum())  # the origin itself, and points in the same place
    middle = np.arctan2(near[apart, 1], near[apart, 0])
    half = np.arccos(np.clip(distance[apart] / (2 * radius), 0, 1)) + SLACK / 4
    if not len(middle):
        return always, np.zeros(2)
    start, end = (middle - half) % (2 * np.pi), (middle + half) % (2 * np.pi)
    events = np.concatenate([start, end])
    steps = np.concatenate([np.ones(len(start), int), -np.ones(len(end), int)])
    order = np.lexsort((-steps, events))  # where an arc ends and another starts, both are counted
    counts = int((start > end).sum()) + np.cumsum(steps[order])
    top = int(counts.argmax())
    # The most are held from this event to the next one. The middle of both centres holds the same points, for the
    # centres that hold a set of points are a convex set; and there no point lies on the edge.
    angles = events[order][[top, (top + 1) % len(order)]]
    centres = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return always + int(counts[top]), centres.mean(axis=0)


def _ordered(points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return points[np.lexsort((points[:, 1], points[:, 0]))]

"""Precision, recall and F1 from counts; 0/0 is undefined (nan), never 1."""

from math import nan


def precision(tp: int, fp: int) -> float:
    """Fraction of the predictions that are correct, TP / (TP + FP), in [0, 1]; nan without predictions.

    Source: SCMitosis (section 3.1.3, Eq. 7).
    """
    return tp / (tp + fp) if tp + fp else nan


def recall(tp: int, fn: int) -> float:
    """Fraction of the truths that are detected, TP / (TP + FN), in [0, 1]; nan without truths.

    Source: SCMitosis (section 3.1.3, Eq. 6).
    """
    return tp / (tp + fn) if tp + fn else nan


def f1(tp: int, fp: int, fn: int) -> float:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN), in [0, 1].

    nan with neither predictions nor truths. Without predictions, precision is undefined but F1 is 0, since every truth
    is missed.

    Source: SCMitosis (section 3.1.3, Eq. 8), rearranged to avoid the division by precision + recall.
    """
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else nan

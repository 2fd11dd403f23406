"""Binary cross-entropy and Tversky loss in one: the loss of SCMitosis' segmenter."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class BCETversky(nn.Module):
    """``bce_weight`` · BCE + ``tversky_weight`` · (1 − Tversky): scalar float32, finite, ≥ 0.

    Tversky = (TP + smooth) / (TP + α FP + β FN + smooth), with the soft counts TP = Σ p t, FP = Σ p (1 − t) and
    FN = Σ (1 − p) t over all pixels of the whole batch (one ratio, so that a tile without a mitosis has no ratio of its
    own); BCE is the mean over the same pixels. p = sigmoid(logits). ``smooth``, in pixels, is not the paper's: it
    makes the Tversky loss of an empty batch 0 when nothing is predicted in it.

    β > α weighs a missed pixel above a false one. Both parts are computed in float32, outside autocast. Logits and
    target are (B, 1, H, W), target in [0, 1]; any other pair of shapes raises ``ValueError``, since (B, 1, H, W) and
    (B, H, W) would broadcast in silence. Source: SCMitosis (section 3.1.3, Eq. 9).
    """

    def __init__(
        self,
        bce_weight: float = 0.3,
        tversky_weight: float = 0.7,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
    ) -> None:
        super().__init__()
        self.bce_weight = bce_weight
        self.tversky_weight = tversky_weight
        self.alpha = alpha
        self.beta = beta
        self.smooth = smooth

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        if logits.shape != target.shape or logits.ndim != 4 or logits.shape[1] != 1:
            raise ValueError(
                f"logits {tuple(logits.shape)} and target {tuple(target.shape)}: both must be the same (B, 1, H, W)"
            )
        with torch.autocast(logits.device.type, enabled=False):
            logits, target = logits.float(), target.float()
            bce = functional.binary_cross_entropy_with_logits(logits, target)
            probability = torch.sigmoid(logits)
            true = (probability * target).sum()
            false_positive = (probability * (1.0 - target)).sum()
            false_negative = ((1.0 - probability) * target).sum()
            wrong = self.alpha * false_positive + self.beta * false_negative
            tversky = (true + self.smooth) / (true + wrong + self.smooth)
            return self.bce_weight * bce + self.tversky_weight * (1.0 - tversky)

import pytest
import torch

from models import zoo
from toolchain.training.distilling import distance


def test_a_network_is_no_way_from_itself_and_some_way_from_another() -> None:
    torch.manual_seed(0)
    teacher, image = zoo.build("nano").eval(), torch.rand(8, 1, 32, 128)
    same = teacher(image)
    assert distance(teacher, image, same, False).item() == pytest.approx(0, abs=1e-4)
    other = zoo.build("nano").eval()(image)
    expected = (same.exp() * (same - other)).sum((1, 2))[:4].mean()
    assert distance(teacher, image, other, False).item() == pytest.approx(expected.item(), rel=1e-4)


def test_a_teacher_may_have_more_frames() -> None:
    torch.manual_seed(0)
    teacher, image = zoo.build("lightweight").eval(), torch.rand(4, 1, 32, 128)
    log_probs = zoo.build("nano").eval()(image)
    assert teacher(image).shape[1] > log_probs.shape[1]
    away = distance(teacher, image, log_probs, False)
    assert torch.isfinite(away)
    assert away > 0

import pytest
import torch

from models import zoo
from models.ctc import PAD
from toolchain.training.distilling import distance

DIGITS = torch.tensor([[7, PAD]]).expand(8, -1)


def test_a_network_is_no_way_from_itself_and_some_way_from_another() -> None:
    torch.manual_seed(0)
    teacher, image = zoo.build("nano").eval(), torch.rand(8, 1, 32, 128)
    same, other = teacher(image), zoo.build("nano").eval()(image)
    assert distance(teacher, image, DIGITS, same, False).item() == pytest.approx(0, abs=1e-4)
    expected = (same.exp() * (same - other)).sum((1, 2))[:4].mean().item()
    away = distance(teacher, image, DIGITS, other, False).item()
    assert away == pytest.approx(expected, rel=1e-4)


def test_where_no_digit_is_shown_nothing_is_imitated() -> None:
    torch.manual_seed(0)
    teacher, image = zoo.build("nano").eval(), torch.rand(8, 1, 32, 128)
    other = zoo.build("nano").eval()(image)
    assert distance(teacher, image, torch.full_like(DIGITS, PAD), other, False).item() == 0


def test_a_teacher_may_have_more_frames() -> None:
    torch.manual_seed(0)
    teacher, image = zoo.build("lightweight").eval(), torch.rand(8, 1, 32, 128)
    log_probs = zoo.build("nano").eval()(image)
    assert teacher(image).shape[1] > log_probs.shape[1]
    assert distance(teacher, image, DIGITS, log_probs, False) > 0

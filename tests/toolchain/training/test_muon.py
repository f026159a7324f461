import pytest
import torch

from models import zoo
from toolchain.training.muon import (
    COEFFICIENTS,
    ITERATIONS,
    Muon,
    orthogonal,
    split_parameters,
)


@pytest.mark.parametrize("shape", [(16, 144), (4, 32, 32), (144, 16)])
def test_a_step_has_singular_values_of_about_one(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(3)) * 1e-3
    rows, columns = shape[-2:]
    values = torch.linalg.svdvals(orthogonal(matrices)) / max(1, rows / columns) ** 0.5
    assert values.max() < 1.3
    assert (values > 0.6).float().mean() > 0.9


def test_a_step_keeps_the_directions_of_the_gradient():
    matrix = torch.randn(8, 20, generator=torch.Generator().manual_seed(3))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    torch.testing.assert_close(orthogonal(matrix), left @ right, atol=0.3, rtol=0)
    assert torch.cosine_similarity(orthogonal(matrix).flatten(), (left @ right).flatten(), 0) > 0.97


def plain(matrix):
    """The iterations as they are published, in float64: each on the whole matrix."""
    found = matrix.double() / matrix.double().norm()
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = found @ found.T
        found = a * found + (b * gram + c * gram @ gram) @ found
    return found


@pytest.mark.parametrize("rank", [1, 8, 64])
@pytest.mark.parametrize("precision", ["highest", "high"])
def test_a_step_is_that_of_the_published_iterations(rank, precision):
    chance = torch.Generator().manual_seed(rank)
    matrix = torch.randn(64, rank, generator=chance) @ torch.randn(rank, 288, generator=chance)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        torch.testing.assert_close(orthogonal(matrix).double(), plain(matrix), atol=1e-3, rtol=0)
        assert torch.get_float32_matmul_precision() == precision
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize("variant", ["base", "optimized", "lightweight"])
def test_every_parameter_has_one_optimizer(variant):
    model = zoo.build(variant)
    matrices, others = split_parameters(model)
    ids = [id(weight) for weight in matrices + others]
    assert sorted(ids) == sorted(id(weight) for weight in model.parameters())
    assert all(weight.ndim == 4 for weight in matrices)
    assert model.cnn[0].weight.shape[1] == 1
    assert not any(weight is model.cnn[0].weight for weight in matrices)


def test_a_step_goes_against_the_gradient_whatever_its_size():
    weights = [torch.nn.Parameter(torch.zeros(4, 3, 2, 2)) for _ in range(2)]
    gradient = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    for weight, size in zip(weights, (1.0, 1e-3), strict=True):
        weight.grad = gradient * size
        Muon([weight], lr=0.1).step()
        assert (weight * gradient).sum() < 0
    torch.testing.assert_close(weights[0], weights[1], atol=1e-3, rtol=0)

import torch

from models import zoo
from toolchain.training.ema import Average


def test_the_average_without_decay_is_the_model_itself():
    model = zoo.build("lightweight")
    average = Average(model, decay=0.0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    average.update(model, 5)
    for name, tensor in model.state_dict().items():
        assert torch.equal(average.model.state_dict()[name], tensor)


def test_a_blend_lies_between_the_start_and_the_average():
    model = zoo.build("lightweight")
    average = Average(model, decay=0.0, keep=0.25)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    average.update(model, 5)
    blended = average.blended().state_dict()
    for name, _ in model.named_parameters():
        torch.testing.assert_close(blended[name], before[name] + 0.75)

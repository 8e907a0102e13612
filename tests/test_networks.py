import importlib
import sys
from math import prod
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'pynoise-lab[train]'")
pytest.importorskip("torchvision", reason="needs torchvision: pip install 'pynoise-lab[train]'")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from pynoise import networks  # noqa: E402
from pynoise.errors import InputTypeError, InputValueError  # noqa: E402
from pynoise.networks.split import split  # noqa: E402

SHAPES = [(1, 28, 28), (1, 8, 8), (3, 32, 32), (3, 33, 31), (2, 9, 40)]
FEATURES = {
    "mlp": 256,
    "mnist-cnn": 256,
    "mnist-cnn-500": 500,
    "cifar-cnn": 256,
    "all-cnn": 192,
    "all-cnn-256": 256,
    "four-block-cnn": 512,
    "resnet20": 64,
    "resnet18": 512,
    "resnet34": 512,
    "wrn-28-10": 640,
    "densenet121": 1024,
    "resnet50": 2048,
}
# Least height and width; 1 where it is not named.
LEAST = {
    "mnist-cnn": 4,
    "mnist-cnn-500": 4,
    "cifar-cnn": 4,
    "all-cnn": 9,
    "all-cnn-256": 9,
    "four-block-cnn": 8,
}
BIG = ("wrn-28-10", "densenet121", "resnet50")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def size(network):
    return sum(weights.numel() for weights in network.parameters())


def values(network):
    return torch.cat([weights.detach().flatten() for weights in network.parameters()])


def inputs(shape, examples=3):
    return torch.randn(examples, *shape, generator=torch.Generator().manual_seed(1))


def check_outputs(network, shape, num_classes, width):
    network.eval()
    x = inputs(shape)
    with torch.no_grad():
        logits, features = network.outputs(x)
        assert torch.equal(logits, network(x))
        assert torch.equal(logits, network.head(features))
    assert logits.shape == (3, num_classes)
    assert features.shape == (3, width)
    assert logits.isfinite().all()
    last = network.last_layer
    assert last.weight.shape[0] == num_classes


def test_every_network_is_tested():
    assert tuple(FEATURES) == networks.NETWORKS


@pytest.mark.parametrize("name", [name for name in networks.NETWORKS if name not in BIG])
def test_shapes(name):
    for shape in SHAPES[3:4] if name in ("resnet18", "resnet34") else SHAPES:
        if min(shape[1:]) >= LEAST.get(name, 1):
            check_outputs(networks.make(name, 4, shape), shape, 4, FEATURES[name])


@pytest.mark.parametrize(
    ("name", "shape"), [("wrn-28-10", (1, 9, 8)), ("densenet121", (1, 29, 29)), ("resnet50", (1, 28, 28))]
)
def test_shapes_of_big_networks(name, shape):
    check_outputs(networks.make(name, 4, shape), shape, 4, FEATURES[name])


def test_rows_of_numbers():
    check_outputs(networks.make("mlp", 4, (7,)), (7,), 4, 256)
    check_outputs(networks.make("mlp", 2, (1,)), (1,), 2, 256)


@pytest.mark.parametrize("name", LEAST)
def test_the_least_size_is_the_least(name):
    least = LEAST[name]
    check_outputs(networks.make(name, 4, (1, least, least + 3)), (1, least, least + 3), 4, FEATURES[name])
    with pytest.raises(InputValueError) as caught:
        networks.make(name, 4, (1, least + 3, least - 1))
    assert f"{least + 3}x{least - 1}" in str(caught.value)


def conv(inputs, outputs, kernel):
    return kernel * kernel * inputs * outputs


def plain(width, channels, positions, num_classes):
    convolutions = conv(channels, 20, 5) + conv(20, 20, 5) + conv(20, 50, 5) + conv(50, 50, 5)
    norms = 2 * (20 + 20 + 50 + 50 + width)
    return convolutions + norms + 50 * positions * width + (width + 1) * num_classes


def all_cnn(channels):
    convolutions = conv(channels, 96, 3) + 2 * conv(96, 96, 3) + conv(96, 192, 3)
    return convolutions + 3 * conv(192, 192, 3) + conv(192, 192, 1) + 2 * (3 * 96 + 5 * 192)


def resnet20(channels, num_classes):
    sixteen, thirty_two, sixty_four = 6 * conv(16, 16, 3), 5 * conv(32, 32, 3), 5 * conv(64, 64, 3)
    widened = conv(16, 32, 3) + conv(32, 64, 3)
    norms = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    return conv(channels, 16, 3) + sixteen + thirty_two + sixty_four + widened + norms + 65 * num_classes


def wrn(channels, num_classes):
    total, before = conv(channels, 16, 3), 16
    for width in (160, 320, 640):
        total += conv(before, width, 3) + 7 * conv(width, width, 3) + conv(before, width, 1)
        total += 2 * (before + 7 * width)
        before = width
    return total + 2 * 640 + 641 * num_classes


def residual(blocks, num_classes):
    """A ResNet of basic blocks with torchvision's shortcuts and a 3x3 stem."""
    total, before = conv(3, 64, 3) + 2 * 64, 64
    for width, repeats in zip((64, 128, 256, 512), blocks, strict=True):
        total += conv(before, width, 3) + (2 * repeats - 1) * conv(width, width, 3) + 2 * repeats * 2 * width
        total += 0 if before == width else conv(before, width, 1) + 2 * width
        before = width
    return total + 513 * num_classes


@pytest.mark.parametrize(
    ("name", "num_classes", "shape", "counted", "published"),
    [
        ("mlp", 10, (64,), 64 * 256 + 2 * 256 + 256 * 256 + 2 * 256 + 257 * 10, None),
        ("mnist-cnn", 10, (1, 28, 28), plain(256, 1, 7 * 7, 10), None),
        ("mnist-cnn-500", 10, (1, 28, 28), plain(500, 1, 7 * 7, 10), None),
        ("cifar-cnn", 10, (3, 32, 32), plain(256, 3, 8 * 8, 10), None),
        ("cifar-cnn", 3, (1, 33, 10), plain(256, 1, 8 * 2, 3), None),
        ("all-cnn", 10, (3, 32, 32), all_cnn(3) + 1930, 1.4e6),
        ("all-cnn-256", 10, (3, 32, 32), all_cnn(3) + 192 * 256 + 256 * 256 + 4 * 256 + 2570, None),
        ("four-block-cnn", 10, (3, 32, 32), 553_946, 0.55e6),
        ("resnet20", 10, (3, 32, 32), resnet20(3, 10), 0.27e6),
        ("resnet20", 100, (1, 8, 8), resnet20(1, 100), None),
        ("resnet18", 10, (3, 32, 32), residual((2, 2, 2, 2), 10), None),
        ("resnet34", 100, (3, 32, 32), residual((3, 4, 6, 3), 100), None),
        ("wrn-28-10", 10, (3, 32, 32), wrn(3, 10), 36.5e6),
        ("densenet121", 1000, (3, 32, 32), 7_978_856, None),
        ("resnet50", 1000, (3, 32, 32), 25_557_032, None),
    ],
)
def test_numbers_of_parameters(name, num_classes, shape, counted, published):
    network = networks.make(name, num_classes, shape)
    assert size(network) == counted
    if published is not None:
        digits = 3 if published > 1e7 else 2  # as many as are printed
        assert float(f"{counted:.{digits - 1}e}") == published


def test_known_numbers_of_parameters():
    assert resnet20(3, 10) == 269_722
    assert wrn(3, 10) == 36_479_194
    assert residual((2, 2, 2, 2), 10) == 11_173_962
    assert all_cnn(3) + 1930 - 2496 + 1248 == 1_369_738  # with biases for batch norm, as in the paper


def test_seeds():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for name in ("mlp", "resnet20", "resnet18"):
        first, again, other = (values(networks.make(name, 3, (1, 8, 8), seed=seed)) for seed in (7, 7, 8))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        torch.rand(3)  # the global generator moves
        assert torch.equal(values(networks.make(name, 3, (1, 8, 8), seed=7)), first)
    for seed in (0, 2**63, 2**64 - 1):
        networks.make("mlp", 3, (4,), seed=seed)
    torch.set_rng_state(before)
    networks.make("mlp", 3, (4,))
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_on_the_cpu_whatever_the_default():
    with torch.device("meta"):
        network = networks.make("mlp", 3, (4,), seed=7)
    assert torch.equal(values(network), values(networks.make("mlp", 3, (4,), seed=7)))


@pytest.mark.parametrize("name", ["mlp", "cifar-cnn", "all-cnn", "all-cnn-256", "four-block-cnn", "resnet20"])
def test_weights_start_as_in_he_et_al(name):
    network = networks.make(name, 10, (3, 32, 32))
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weights = module.weight.detach()
            expected = (2 / weights[0].numel()) ** 0.5
            assert abs(weights.std() / expected - 1) < 4 / (2 * weights.numel()) ** 0.5
            assert module.bias is None or not module.bias.any()
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            assert (module.weight == 1).all()
            assert not module.bias.any()


def normalised(x, weight, bias):
    """Batch norm of a batch on its own."""
    dims = [0, 2, 3] if x.ndim == 4 else [0]
    mean = x.mean(dims, keepdim=True)
    variance = (x - mean).square().mean(dims, keepdim=True)
    shape = [1, -1] + [1] * (x.ndim - 2)
    return (x - mean) / (variance + 1e-5).sqrt() * weight.view(shape) + bias.view(shape)


def close(a, b):
    return torch.allclose(a, b, rtol=1e-4, atol=1e-4)


def scrambled(network):
    """Give batch norms weights of their own: at the start they are all alike."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weights in network.parameters():
            if weights.ndim == 1:
                weights.copy_(torch.rand(weights.shape, generator=generator) + 0.5)
    return network


@pytest.mark.parametrize(("name", "width"), [("mnist-cnn", 256), ("mnist-cnn-500", 500), ("cifar-cnn", 256)])
def test_plain_cnn_step_by_step(name, width):
    network = scrambled(networks.make(name, 5, (2, 14, 11)))
    weights = list(network.parameters())
    x = inputs((2, 14, 11), 6)
    found = network.outputs(x)
    for _ in range(2):
        for _ in range(2):
            kernel, scale, shift, *weights = weights
            x = functional.conv2d(functional.pad(x, (2, 2, 2, 2)), kernel)
            x = normalised(x, scale, shift).clamp(min=0)
        height, columns = x.shape[2] // 2, x.shape[3] // 2
        x = x[:, :, : 2 * height, : 2 * columns].reshape(*x.shape[:2], height, 2, columns, 2).amax((3, 5))
    fully, scale, shift, last, bias = weights
    features = x.flatten(1) @ fully.T
    assert features.shape == (6, width)
    assert close(found.features, features)
    assert (found.features < 0).any()  # before ReLU
    assert close(found.logits, normalised(features, scale, shift).clamp(min=0) @ last.T + bias)


def test_the_end_of_all_cnn_is_a_convolution_and_an_average():
    network = networks.make("all-cnn", 5, (3, 32, 32)).eval()
    x = inputs((3, 32, 32))
    with torch.no_grad():
        maps = network.body[:-1](x)
        assert maps.shape == (3, 192, 6, 6)  # over which the paper averages
        kernel = network.last_layer.weight[:, :, None, None]
        averaged = functional.conv2d(maps, kernel, network.last_layer.bias).mean((2, 3))
        assert close(network(x), averaged)


def test_all_cnn_256_is_raw_after_the_average():
    network = networks.make("all-cnn-256", 5, (3, 12, 10))
    x = inputs((3, 12, 10))
    last = network.body[-1]
    with torch.no_grad():
        features = network.body[:-1](x) @ last.weight.T
        assert close(network.outputs(x).features, features)
    assert (features < 0).any()


def test_resnet20_step_by_step():
    network = scrambled(networks.make("resnet20", 5, (2, 13, 10)))
    weights = list(network.parameters())
    x = inputs((2, 13, 10), 4)
    found = network.outputs(x)

    def step(x, stride=1):
        kernel, scale, shift, *rest = weights
        weights[:] = rest
        return normalised(functional.conv2d(x, kernel, stride=stride, padding=1), scale, shift)

    x = step(x).clamp(min=0)
    for width, strides in ((16, (1, 1, 1)), (32, (2, 1, 1)), (64, (2, 1, 1))):
        for stride in strides:
            kept = torch.zeros(4, width, -(-x.shape[2] // stride), -(-x.shape[3] // stride))
            for row in range(kept.shape[2]):
                for column in range(kept.shape[3]):
                    kept[:, : x.shape[1], row, column] = x[:, :, stride * row, stride * column]
            x = (step(step(x, stride).clamp(min=0)) + kept).clamp(min=0)
    features = x.mean((2, 3))
    assert close(found.features, features)
    last, bias = weights
    assert close(found.logits, features @ last.T + bias)


def test_wide_blocks_step_by_step():
    from pynoise.networks.wide_resnet import _Block

    with torch.random.fork_rng():
        torch.manual_seed(2)
        narrow, same = scrambled(_Block(4, 6, 2)), scrambled(_Block(6, 6, 1))
    x = inputs((4, 7, 6))
    activated = normalised(x, *narrow.activate.parameters()).clamp(min=0)
    first, scale, shift, second = narrow.layers.parameters()
    y = functional.conv2d(activated, first, stride=2, padding=1)
    y = functional.conv2d(normalised(y, scale, shift).clamp(min=0), second, padding=1)
    y = y + functional.conv2d(activated, narrow.shortcut.weight, stride=2)
    assert close(narrow(x), y)
    assert same.shortcut is None
    x = y.detach()
    first, scale, shift, second = same.layers.parameters()
    y = functional.conv2d(normalised(x, *same.activate.parameters()).clamp(min=0), first, padding=1)
    y = functional.conv2d(normalised(y, scale, shift).clamp(min=0), second, padding=1) + x
    assert close(same(x), y)


def test_small_resnets_keep_the_size_at_first():
    network = networks.make("resnet18", 5, (1, 32, 30))
    seen = []
    network.body.layer1.register_forward_pre_hook(lambda module, x: seen.append(x[0].shape))
    network.eval()(inputs((1, 32, 30), 2))
    assert seen == [(2, 64, 32, 30)]
    spread = network.body.conv1.weight.std() / (2 / (9 * 64)) ** 0.5  # as torchvision's other convolutions
    assert abs(spread - 1) < 0.15


def stock(name, num_classes):
    from torchvision import models

    return models.get_model(name, weights=None, num_classes=num_classes)


@pytest.mark.parametrize(
    ("name", "width", "side"), [("mobilenet_v3_small", 1024, 32), ("shufflenet_v2_x0_5", 1024, 32)]
)
def test_torchvision_is_split_without_a_change(name, width, side):
    network = networks.make(f"torchvision:{name}", 6, (3, side, side), seed=4)
    check_outputs(network, (3, side, side), 6, width)
    whole = stock(name, 6)
    # Its weights, under the names that they have in the body and the head.
    assert size(network) == size(whole)
    parts = [*network.body.state_dict().values(), *network.head.state_dict().values()]
    whole.load_state_dict(dict(zip(whole.state_dict(), parts, strict=True)))
    x = inputs((3, side, side))
    with torch.no_grad():
        assert torch.equal(whole.eval()(x), network(x))
    assert isinstance(network.head, nn.Linear)


def test_torchvision_with_other_channels():
    network = networks.make("torchvision:regnet_y_400mf", 3, (5, 40, 32))
    check_outputs(network, (5, 40, 32), 3, 440)
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    assert first.in_channels == 5
    assert abs(first.weight.std() / (2 / (9 * 5)) ** 0.5 - 1) < 0.1


def test_batch_norms_keep_no_trace_of_the_search_for_the_last_layer():
    network = networks.make("torchvision:mobilenet_v3_small", 3, (3, 32, 32))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(int(norm.num_batches_tracked) == 0 and not norm.running_mean.any() for norm in norms)
    assert not any(module._forward_hooks for module in network.modules())
    assert network.training


class Model(nn.Module):
    """A model of others: `after` is what it makes of its logits."""

    def __init__(self, after=lambda logits: logits, num_classes=3):
        super().__init__()
        self.early, self.after = nn.Linear(4, num_classes), after
        self.parts = nn.Sequential(nn.Linear(num_classes, 5), nn.ReLU(), nn.Linear(5, num_classes))

    def forward(self, x):
        return self.after(self.parts(self.early(x.mean((1, 2)))))


def test_the_last_layer_is_found_by_what_it_does():
    model = Model()
    x = inputs((2, 6, 4))
    whole = model(x)
    network = split(model, "one", (2, 6, 4))
    logits, features = network.outputs(x)
    assert torch.equal(logits, whole)
    assert features.shape == (3, 5)
    assert network.last_layer.in_features == 5
    assert isinstance(network.body.parts[2], nn.Identity)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        (Model(lambda logits: logits.softmax(1)), "'one' does not end in a fully connected layer"),
        (Model(lambda logits: {"logits": logits}), "'one' gives dict in training, not logits"),
        (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(2, 3, 1), nn.Flatten()),
            "'one' does not end in a fully connected layer that takes rows of features; take another one",
        ),
        (nn.Linear(4, 3), "'one' does not end in a fully connected layer"),  # on each row of pixels
        (nn.Conv2d(1, 3, 1), "'one' does not take images of 2x6x4 ("),
        (nn.Sequential(nn.Flatten(), nn.Linear(2 * 64 * 64, 3)), "; 64x64 would do"),
        (nn.Sequential(nn.Flatten(), nn.Linear(2 * 64 * 64, 3), nn.Softmax(1)), "'one' does not end in"),
    ],
)
def test_models_that_cannot_be_split(model, problem):
    with pytest.raises(InputValueError) as caught:
        split(model, "one", (2, 6, 4))
    assert problem in str(caught.value)


def test_networks_go_by_name():
    with pytest.raises(InputTypeError, match="a Identity is no name; known are mlp, "):
        networks.make(torch.nn.Identity(), 10, (1, 28, 28))


@pytest.mark.parametrize(
    ("name", "shape", "problem"),
    [
        (
            "torchvision:squeezenet1_1",
            (3, 64, 64),
            "'torchvision:squeezenet1_1' does not end in a fully connected layer that takes rows of features",
        ),
        (
            "torchvision:googlenet",
            (3, 64, 64),
            "'torchvision:googlenet' gives GoogLeNetOutputs in training, not logits; take another one",
        ),
        (
            "torchvision:resnet19",
            (3, 64, 64),
            "(did you mean 'torchvision:resnet18'?); known are torchvision:",
        ),
        (
            "torchvision:",
            (3, 64, 64),
            "'torchvision:' is not known; known are all of torchvision.models.list",
        ),
        ("resnet50", (64,), "'resnet50' takes images, and the data are rows of 64 numbers; give 'mlp'"),
        ("mnist-cnn", (64,), "'mnist-cnn' takes images, and the data are rows of 64 numbers; give 'mlp'"),
        ("torchvision:vgg11", (64,), "'torchvision:vgg11' takes images, and the data are rows of 64 numbers"),
        (
            "all-cnn",
            (1, 8, 8),
            "'all-cnn' takes images of 9x9 or more, and the data's are 8x8; give larger ones, or one of mlp, "
            "mnist-cnn, mnist-cnn-500, cifar-cnn, four-block-cnn, resnet20, resnet18, resnet34, wrn-28-10",
        ),
        ("mnist_cnn", (1, 28, 28), "'mnist_cnn' is not known (did you mean 'mnist-cnn'?); known are mlp, "),
        ("keras:vgg", (1, 28, 28), "timm:NAME"),
    ],
)
@pytest.mark.filterwarnings("ignore:The default weight initialization of GoogleNet:FutureWarning")
def test_networks_that_will_not_do(name, shape, problem):
    with pytest.raises(InputValueError) as caught:
        networks.make(name, 10, shape)
    assert caught.value.argument == "network"
    assert problem in str(caught.value)


def test_images_that_a_stock_network_does_not_take():
    words = r"^network: 'densenet121' does not take images of 1x28x28 \(.+\); 32x32 would do$"
    with pytest.raises(InputValueError, match=words):
        networks.make("densenet121", 10, (1, 28, 28))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("mlp", 1, (4,)), InputValueError, "num_classes: 1 is too small; give at least 2"),
        (("mlp", 2.0, (4,)), InputTypeError, "num_classes: 2.0 is not a whole number"),
        (("mlp", 2, 4), InputTypeError, "input_shape: 4 is not a shape; give (C, H, W) or (d,)"),
        (("mlp", 2, "12"), InputTypeError, "input_shape: '12' is not a shape"),
        (("mlp", 2, (28, 28)), InputValueError, "input_shape: (28, 28) is no shape of inputs; give"),
        (("mlp", 2, ()), InputValueError, "input_shape: () is no shape of inputs"),
        (("mlp", 2, (1, 0, 4)), InputValueError, "input_shape: 0 is too small; give at least 1"),
        (("mlp", 2, (1, 2.5, 4)), InputTypeError, "input_shape: 2.5 is not a whole number"),
        (("mlp", 2, (4,), -1), InputValueError, "seed: -1 is too small"),
    ],
)
def test_bad_arguments(arguments, error, message):
    *given, seed = arguments if len(arguments) == 4 else (*arguments, 0)
    with pytest.raises(error) as caught:
        networks.make(*given, seed=seed)
    assert str(caught.value).startswith(message)


def test_timm(monkeypatch):
    made = []

    def create_model(name, *, num_classes, in_chans):
        made.append((name, num_classes, in_chans))
        return nn.Sequential(nn.Flatten(), nn.Linear(prod((in_chans, 6, 6)), num_classes))

    known = ["small", "smallish", "large"]
    fake = SimpleNamespace(is_model=known.__contains__, list_models=lambda: known, create_model=create_model)
    monkeypatch.setitem(sys.modules, "timm", fake)
    check_outputs(networks.make("timm:small", 4, (2, 6, 6)), (2, 6, 6), 4, 72)
    assert made == [("small", 4, 2)]
    with pytest.raises(InputValueError) as caught:
        networks.make("timm:smal", 4, (2, 6, 6))
    assert str(caught.value) == (
        "network: 'timm:smal' is not known (did you mean 'timm:small'?); "
        "known are timm:small, timm:smallish, all of timm.list_models()"
    )
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputValueError) as caught:
        networks.make("timm:small", 4, (2, 6, 6))
    assert str(caught.value) == (
        "network: 'timm:small' needs the package timm, which is not installed: pip install timm"
    )


def test_missing_packages_are_named(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torchvision", None)
        with pytest.raises(InputValueError, match="network: needs the package torchvision, which is not"):
            networks.make("resnet18", 10, (3, 32, 32))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        for name in [name for name in sys.modules if name.startswith("pynoise.networks")]:
            patch.delitem(sys.modules, name)
        with pytest.raises(InputValueError) as caught:
            importlib.import_module("pynoise.networks")
    assert str(caught.value) == (
        "network: needs the package torch, which is not installed: pip install 'pynoise-lab[train]'"
    )


def test_a_head_without_a_last_layer():
    head = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    with pytest.raises(InputTypeError, match="network: its head ends in ReLU, not in Linear"):
        _ = networks.Network(nn.Identity(), head).last_layer

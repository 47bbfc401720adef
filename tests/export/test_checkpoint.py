"""Checkpoints: the published forms are taken, everything else is refused by name."""

import pickle
import sys
import types
from collections import OrderedDict
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the export needs PyTorch, the extra 'export'")

from suite.catalog.errors import ModelError  # noqa: E402
from suite.export import ARCHITECTURES, load_checkpoint  # noqa: E402

# Keys of the published checkpoints, a few of each part, with their shapes.
PUBLISHED = {
    "inception_resnet_v1": {
        "conv2d_1a.conv.weight": [32, 3, 3, 3],
        "conv2d_4b.bn.running_var": [256],
        "repeat_1.4.branch2.2.conv.weight": [32, 32, 3, 3],
        "repeat_1.0.conv2d.bias": [256],
        "mixed_6a.branch1.2.conv.weight": [256, 192, 3, 3],
        "repeat_2.9.branch1.1.conv.weight": [128, 128, 1, 7],
        "mixed_7a.branch2.2.bn.weight": [256],
        "repeat_3.4.branch1.2.conv.weight": [192, 192, 3, 1],
        "block8.conv2d.weight": [1792, 384, 1, 1],
        "last_linear.weight": [512, 1792],
        "last_bn.bias": [512],
    },
    "iresnet50": {
        "conv1.weight": [64, 3, 3, 3],
        "prelu.weight": [64],
        "layer1.0.downsample.0.weight": [64, 64, 1, 1],
        "layer1.0.downsample.1.running_mean": [64],
        "layer2.0.bn1.weight": [64],
        "layer3.13.conv2.weight": [256, 256, 3, 3],
        "layer4.2.bn3.bias": [512],
        "bn2.running_var": [512],
        "fc.weight": [512, 25088],
        "fc.bias": [512],
        "features.weight": [512],
    },
    "adaface_ir50": {
        "input_layer.0.weight": [64, 3, 3, 3],
        "input_layer.2.weight": [64],
        "body.0.res_layer.1.weight": [64, 64, 3, 3],
        "body.3.shortcut_layer.0.weight": [128, 64, 1, 1],
        "body.23.res_layer.5.running_var": [512],
        "output_layer.0.weight": [512],
        "output_layer.3.weight": [512, 25088],
        "output_layer.4.running_mean": [512],
    },
}
PARAMETERS = {
    "inception_resnet_v1": 23_482_624,
    "iresnet50": 43_590_848,
    "adaface_ir50": 43_585_600,
}


@pytest.fixture(scope="module")
def weights() -> OrderedDict:
    torch.manual_seed(0)
    return ARCHITECTURES["iresnet50"].build().state_dict()


@pytest.mark.parametrize("architecture", PUBLISHED)
def test_keys_and_sizes_are_those_of_the_published_checkpoints(architecture):
    network = ARCHITECTURES[architecture].build()
    state = network.state_dict()

    assert {key: list(state[key].shape) for key in PUBLISHED[architecture]} == (
        PUBLISHED[architecture]
    )
    assert sum(p.numel() for p in network.parameters()) == PARAMETERS[architecture]


def test_adaface_normalises_features_only_by_their_norm():
    # affine=False: the published checkpoint has no weight of its last BatchNorm.
    assert "output_layer.4.weight" not in ARCHITECTURES["adaface_ir50"].build().state_dict()


def test_the_first_unit_of_adaface_has_no_shortcut_weights():
    keys = ARCHITECTURES["adaface_ir50"].build().state_dict()

    assert not [key for key in keys if key.startswith("body.0.shortcut_layer")]


def saved(path: Path, held: object, **options: object) -> Path:
    torch.save(held, path, **options)
    return path


def test_a_bare_state_dict_is_taken(tmp_path, weights):
    network = load_checkpoint(saved(tmp_path / "a.pth", weights), "iresnet50")

    assert not network.training
    assert torch.equal(network.state_dict()["fc.weight"], weights["fc.weight"])


def test_a_file_of_the_old_format_is_taken(tmp_path, weights):
    path = saved(tmp_path / "a.pth", weights, _use_new_zipfile_serialization=False)

    assert torch.equal(
        load_checkpoint(path, "iresnet50").state_dict()["fc.bias"], weights["fc.bias"]
    )


def test_data_parallel_keys_are_taken(tmp_path, weights):
    path = saved(tmp_path / "a.pth", {f"module.{key}": v for key, v in weights.items()})

    load_checkpoint(path, "iresnet50")


def test_counters_that_old_files_lack_are_not_asked_for(tmp_path, weights):
    old = {key: v for key, v in weights.items() if not key.endswith("num_batches_tracked")}

    load_checkpoint(saved(tmp_path / "a.pth", old), "iresnet50")


def test_facenets_classifier_is_left_out(tmp_path):
    state = ARCHITECTURES["inception_resnet_v1"].build().state_dict()
    state["logits.weight"], state["logits.bias"] = torch.zeros(8631, 512), torch.zeros(8631)

    load_checkpoint(saved(tmp_path / "a.pt", state), "inception_resnet_v1")


def test_lightnings_bookkeeping_is_neither_imported_nor_run(tmp_path, monkeypatch):
    name = "pytorch_lightning.callbacks.model_checkpoint"
    module = types.ModuleType(name)
    callback = type("ModelCheckpoint", (), {"__module__": name})
    module.ModelCheckpoint = callback
    for part in ("pytorch_lightning", "pytorch_lightning.callbacks", name):
        monkeypatch.setitem(sys.modules, part, types.ModuleType(part))
    monkeypatch.setitem(sys.modules, name, module)
    instance = callback()
    instance.best = 0.5
    state = ARCHITECTURES["adaface_ir50"].build().state_dict()
    path = saved(
        tmp_path / "adaface.ckpt",
        {
            "state_dict": {f"model.{k}": v for k, v in state.items()}
            | {"head.kernel": torch.ones(2)},
            "callbacks": {callback: {"best_model_score": torch.tensor(0.5)}},
            "hyper_parameters": instance,
        },
    )
    for part in ("pytorch_lightning", "pytorch_lightning.callbacks", name):
        monkeypatch.delitem(sys.modules, part)

    network = load_checkpoint(path, "adaface_ir50")

    assert torch.equal(network.state_dict()["output_layer.3.bias"], state["output_layer.3.bias"])
    assert name not in sys.modules


class Malicious:
    """Would make a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_checkpoint_is_run(tmp_path, weights, zipped):
    victim = tmp_path / "victim"
    path = saved(
        tmp_path / "a.pth",
        {"state_dict": weights, "extra": Malicious(victim)},
        _use_new_zipfile_serialization=zipped,
    )

    with pytest.raises(ModelError, match="cannot be read as weights alone") as caught:
        load_checkpoint(path, "iresnet50")

    assert not victim.exists()
    assert len(str(caught.value).splitlines()) == 1


def test_a_whole_pickled_network_is_refused(tmp_path):
    path = saved(tmp_path / "a.pth", ARCHITECTURES["iresnet50"].build())

    with pytest.raises(ModelError, match=r"holds a suite\.export\.iresnet\.IResNet50.*state_dict"):
        load_checkpoint(path, "iresnet50")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_refused(tmp_path, weights, share, zipped):
    path = saved(tmp_path / "a.pth", weights, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(ModelError, match=r"a\.pth: .*get it again") as caught:
        load_checkpoint(path, "iresnet50")

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("held", [[1, 2], {}, {"state_dict": 3}, torch.zeros(2)])
def test_what_holds_no_weights_is_refused(tmp_path, held):
    with pytest.raises(ModelError, match=r"holds no state_dict|it has no 'conv1\.weight'"):
        load_checkpoint(saved(tmp_path / "a.pth", held), "iresnet50")


def test_another_network_is_refused_with_the_first_key(tmp_path, weights):
    with pytest.raises(ModelError, match=r"no checkpoint of adaface_ir50: it has no 'input_layer"):
        load_checkpoint(saved(tmp_path / "a.pth", weights), "adaface_ir50")


def test_another_depth_is_refused_with_the_first_key(tmp_path, weights):
    deeper = dict(weights)
    for key in [k for k in weights if k.startswith("layer3.13.")]:
        deeper[key.replace("layer3.13.", "layer3.14.")] = weights[key]

    with pytest.raises(ModelError, match=r"it has 'layer3\.14\.bn1\.weight', which the network"):
        load_checkpoint(saved(tmp_path / "a.pth", deeper), "iresnet50")


def test_another_shape_is_refused_with_both(tmp_path, weights):
    smaller = dict(weights) | {"fc.weight": torch.zeros(256, 25088)}

    with pytest.raises(ModelError, match=r"'fc\.weight' is \[256, 25088\] and not \[512, 25088\]"):
        load_checkpoint(saved(tmp_path / "a.pth", smaller), "iresnet50")


def test_values_that_are_not_finite_are_refused(tmp_path, weights):
    broken = dict(weights) | {"bn1.bias": torch.full((64,), torch.nan)}

    with pytest.raises(ModelError, match=r"'bn1\.bias' has values that are not finite"):
        load_checkpoint(saved(tmp_path / "a.pth", broken), "iresnet50")


def test_a_plain_pickle_is_refused(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(pickle.dumps({"conv1.weight": 1}))

    with pytest.raises(ModelError, match=r"a\.pth: "):
        load_checkpoint(path, "iresnet50")


def test_damage_inside_an_archive_is_refused(tmp_path, weights):
    path = saved(tmp_path / "a.pth", weights)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4_000] = bytes(4_000)
    path.write_bytes(data)

    with pytest.raises(ModelError, match=r"a\.pth: is no whole PyTorch checkpoint \(damaged at"):
        load_checkpoint(path, "iresnet50")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda w: {"encoder.weight": torch.zeros(1)}, "has 'encoder.weight', which the network"),
        (lambda w: {"module.fc.bias": w["fc.bias"]}, "has 'fc.bias' twice"),
        (lambda w: {"fc.bias": w["fc.bias"].to(torch.complex64)}, "is of torch.complex64"),
        (lambda w: {"fc.bias": torch.zeros(512, dtype=torch.int8)}, "is of torch.int8"),
        (
            lambda w: {"fc.bias": torch.empty(512, device="meta")},
            "'fc.bias' is of|no whole PyTorch",
        ),
        (lambda w: {"fc.bias": torch.zeros(512).to_sparse()}, "'fc.bias' is of|no whole PyTorch"),
    ],
)
def test_weights_that_are_not_quite_the_networks_are_refused(tmp_path, weights, changed, words):
    path = saved(tmp_path / "a.pth", dict(weights) | changed(weights))

    with pytest.raises(ModelError, match=words):
        load_checkpoint(path, "iresnet50")


def test_half_precision_weights_are_taken(tmp_path, weights):
    half = {key: v.half() if v.is_floating_point() else v for key, v in weights.items()}

    network = load_checkpoint(saved(tmp_path / "a.pth", half), "iresnet50")

    assert network.state_dict()["fc.weight"].dtype == torch.float32


@pytest.mark.parametrize("zipped", [True, False])
def test_a_trainers_options_are_left_alone(tmp_path, weights, zipped):
    import argparse

    held = {"state_dict": weights, "hyper_parameters": argparse.Namespace(rate=0.1)}
    path = saved(tmp_path / "a.pth", held, _use_new_zipfile_serialization=zipped)

    load_checkpoint(path, "iresnet50")

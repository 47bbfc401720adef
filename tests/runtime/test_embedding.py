"""Embedding faces with networks small enough to compute by hand."""

import threading
import time

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import DatasetError, ModelError
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import mirror, prepare
from suite.runtime.embedding import embed
from suite.runtime.network import graph_batch

HEIGHT, WIDTH, DIM = 4, 3, 5
WEIGHTS = np.random.default_rng(7).normal(size=(3 * HEIGHT * WIDTH, DIM)).astype(np.float32)
OUTPUTS = OutputSpec(embedding_dim=DIM)


def network(batch="n", layout="NCHW", norm=False, weights=WEIGHTS, height=HEIGHT, width=WIDTH):
    """A session whose embedding is the flattened input times ``weights``."""
    shape = [batch, 3, height, width] if layout == "NCHW" else [batch, height, width, 3]
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["embedding"]),
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, DIM])]
    if norm:
        nodes[1].output[0] = "feature"
        nodes += [
            helper.make_node("ReduceL2", ["feature", "axes"], ["norm"], keepdims=1),
            helper.make_node("Div", ["feature", "norm"], ["embedding"]),
        ]
        outputs.append(helper.make_tensor_value_info("norm", TensorProto.FLOAT, [batch, 1]))
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "axes"),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "linear", [image], outputs, constants[: 2 if norm else 1])
    return session(graph)


def session(graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def spec(layout="NCHW", height=HEIGHT, width=WIDTH):
    return PreprocessSpec(
        height=height,
        width=width,
        layout=layout,
        color_order="RGB",
        mean=(0.5, 0.4, 0.3),
        std=(0.2, 0.3, 0.4),
        scale=1.0,
    )


def make_faces(count, height=HEIGHT, width=WIDTH):
    pixels = np.random.default_rng(3).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    return [
        Face.held(f"set.bin[{n}]", cv2.imencode(".png", image)[1].tobytes())
        for n, image in enumerate(pixels)
    ]


def by_hand(faces, flip, layout="NCHW"):
    """The embeddings by the definition of each flip, in float64."""
    tensor = prepare([decode(face.read(), face.name) for face in faces], spec(layout))
    plain, mirrored = (
        x.reshape(len(x), -1).astype(np.float64) @ WEIGHTS for x in (tensor, mirror(tensor, layout))
    )
    # AdaFace's unit feature times its norm is the feature itself.
    combined = {
        "none": plain,
        "add": plain + mirrored,
        "concat": np.hstack([plain, mirrored]),
        "norm_weighted": plain + mirrored,
    }[flip]
    return combined / np.linalg.norm(combined, axis=1, keepdims=True)


@pytest.mark.parametrize("flip", ["none", "add", "concat"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_each_flip_is_its_definition(flip, layout, batch):
    faces = make_faces(7)
    rows = embed(network(batch, layout), faces, spec(layout), OUTPUTS, flip, 3)
    assert rows.dtype == np.float32
    assert rows.shape == (7, DIM * (2 if flip == "concat" else 1))
    np.testing.assert_allclose(rows, by_hand(faces, flip, layout), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("embedding", [None, "embedding"])
def test_norm_weighted_multiplies_by_the_norm_output(embedding):
    faces = make_faces(5)
    outputs = OutputSpec(embedding=embedding, norm="norm", embedding_dim=DIM)
    rows = embed(network(norm=True), faces, spec(), outputs, "norm_weighted", 2)
    np.testing.assert_allclose(rows, by_hand(faces, "norm_weighted"), atol=1e-6)


def test_concat_takes_each_embedding_as_the_network_gives_it():
    # A unit feature output: both halves have one length, whatever the norms were.
    outputs = OutputSpec(embedding="embedding", embedding_dim=DIM)
    rows = embed(network(norm=True), make_faces(3), spec(), outputs, "concat", 8)
    halves = np.linalg.norm(rows.reshape(3, 2, DIM), axis=2)
    np.testing.assert_allclose(halves, np.sqrt(0.5), atol=1e-6)


def test_graph_batch_is_the_fixed_one_or_none():
    assert graph_batch(network(4), OUTPUTS) == 4
    assert graph_batch(network("n"), OUTPUTS) is None


class Watched:
    """A session that notes the input of each run."""

    def __init__(self, inner):
        self.inner = inner
        self.inputs = []

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def run(self, fetched, feeds):
        self.inputs.append(next(iter(feeds.values())))
        return self.inner.run(fetched, feeds)


def test_a_fixed_batch_is_filled_by_repeating_the_last_image():
    watched = Watched(network(4))
    embed(watched, make_faces(6), spec(), OUTPUTS, "none", 1)
    assert [len(x) for x in watched.inputs] == [4, 4]
    last = watched.inputs[1]
    np.testing.assert_array_equal(last[2], last[1])
    np.testing.assert_array_equal(last[3], last[1])


def test_a_dynamic_batch_takes_what_is_asked_and_ends_with_the_rest():
    watched = Watched(network("n"))
    embed(watched, make_faces(7), spec(), OUTPUTS, "add", 3)
    assert [len(x) for x in watched.inputs] == [3, 3, 3, 3, 1, 1]


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 150])
def test_rows_are_in_the_order_of_the_faces(count):
    faces = make_faces(count)
    rows = embed(network(), faces, spec(), OUTPUTS, "none", 4)
    assert rows.shape == (count, DIM)
    if count:
        np.testing.assert_allclose(rows, by_hand(faces, "none"), atol=1e-6)


def test_results_are_the_same_each_time_and_for_each_batch():
    faces = make_faces(70)
    first = embed(network(), faces, spec(), OUTPUTS, "add", 1)
    np.testing.assert_array_equal(embed(network(), faces, spec(), OUTPUTS, "add", 1), first)
    np.testing.assert_allclose(
        embed(network(), faces, spec(), OUTPUTS, "add", 64), first, atol=1e-6
    )


class Counting(Watched):
    """A session that notes how many runs there were at a time, each of some milliseconds."""

    def __init__(self, inner):
        super().__init__(inner)
        self.now, self.most, self._lock = 0, 0, threading.Lock()

    def run(self, fetched, feeds):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        with self._lock:
            self.now -= 1
        return self.inner.run(fetched, feeds)


@pytest.mark.parametrize("runs", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 4])
def test_several_runs_at_a_time_give_the_same_rows_in_the_same_order(runs, batch):
    faces, counting = make_faces(40), Counting(network("n"))
    rows = embed(counting, faces, spec(), OUTPUTS, "add", batch, runs=runs)
    np.testing.assert_array_equal(rows, embed(network("n"), faces, spec(), OUTPUTS, "add", batch))
    assert counting.most == runs


def test_images_of_another_size_are_resized_to_a_rectangular_input():
    wide = make_faces(3, height=9, width=14)
    rows = embed(network(), wide, spec(), OUTPUTS, "none", 2)
    np.testing.assert_allclose(rows, by_hand(wide, "none"), atol=1e-6)


def test_progress_counts_faces_up_to_all_on_the_callers_thread():
    seen = []
    embed(
        network(4), make_faces(10), spec(), OUTPUTS, "add", 1,
        lambda done, total: seen.append((done, total, threading.current_thread())),
    )  # fmt: skip
    here = threading.current_thread()
    assert seen == [(4, 10, here), (8, 10, here), (10, 10, here)]


def test_nan_and_infinite_rows_stay_nan_and_zero_rows_zero():
    weights = WEIGHTS.copy()
    faces = make_faces(3)
    black = cv2.imencode(".png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))[1].tobytes()
    plain = spec().model_copy(update={"mean": (0.0, 0.0, 0.0)})
    weights[0, 0] = np.inf  # times 0 is NaN, times more is infinity
    rows = embed(network(weights=weights), [*faces, Face.held("black", black)], plain, OUTPUTS,
                 "none", 4)  # fmt: skip
    assert np.isnan(rows).all()
    rows = embed(network(), [Face.held("black", black)], plain, OUTPUTS, "add", 4)
    np.testing.assert_array_equal(rows, np.zeros((1, DIM)))


def test_one_nan_row_leaves_the_others_alone():
    weights = np.zeros((36, DIM), np.float32)
    weights[:] = 1e38  # an image of white overflows, one of black does not
    images = [np.full((HEIGHT, WIDTH, 3), value, np.uint8) for value in (255, 0, 255)]
    images[1][0, 0] = 1
    faces = [Face.held(str(n), cv2.imencode(".png", x)[1].tobytes()) for n, x in enumerate(images)]
    plain = spec().model_copy(update={"mean": (0.0, 0.0, 0.0)})
    rows = embed(network(weights=weights), faces, plain, OUTPUTS, "add", 3)
    assert np.isnan(rows).all(axis=1).tolist() == [True, False, True]
    np.testing.assert_allclose(rows[1], np.full(DIM, DIM**-0.5), atol=1e-6)


def test_an_image_that_cannot_be_decoded_surfaces_as_itself_and_leaves_no_thread():
    faces = make_faces(100)
    faces[77] = Face.held("set.bin[77]", b"no image")
    with pytest.raises(DatasetError, match=r"set\.bin\[77\]: its 8 bytes are no image"):
        embed(network(), faces, spec(), OUTPUTS, "none", 8)
    assert not [t for t in threading.enumerate() if t.name.startswith("prepare-faces")]


def test_an_interrupt_ends_the_preparing_thread():
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(network(), make_faces(200), spec(), OUTPUTS, "none", 8, interrupt)
    assert not [t for t in threading.enumerate() if t.name.startswith("prepare-faces")]


@pytest.mark.parametrize(
    ("outputs", "flip", "said"),
    [
        ({"input": "data"}, "add", "outputs.input = 'data': the network has 'image'"),
        ({"embedding": "fc1"}, "add", "outputs.embedding = 'fc1': the network has 'embedding', 'n"),
        ({}, "add", "outputs.embedding is not given: the network has 'embedding', 'norm'"),
        ({"norm": "n"}, "norm_weighted", "outputs.embedding is not given: the network has"),
        ({"embedding": "embedding", "norm": "n"}, "norm_weighted", "outputs.norm = 'n': the netw"),
        ({"embedding": "embedding"}, "norm_weighted", "outputs.norm: flip = 'norm_weighted' needs"),
        ({"embedding": "norm"}, "add", "outputs.embedding_dim = 5: the network's output 'norm' has"
                                       " shape ['n', 1]"),
    ],
)  # fmt: skip
def test_a_name_that_the_network_does_not_have_is_said_with_those_it_has(outputs, flip, said):
    card = OutputSpec(embedding_dim=DIM, **outputs)
    with pytest.raises(ModelError) as caught:
        embed(network(norm=True), make_faces(1), spec(), card, flip, 1)
    assert said in str(caught.value)


def test_another_embedding_dimension_is_said():
    with pytest.raises(ModelError, match=r"outputs\.embedding_dim = 512: .* has shape \['n', 5\]"):
        embed(network(), make_faces(1), spec(), OutputSpec(embedding_dim=512), "add", 1)


@pytest.mark.parametrize(
    "wrong",
    [spec(height=112, width=112), spec(layout="NHWC"), spec(height=WIDTH, width=HEIGHT)],
    ids=["size", "layout", "turned"],
)
def test_another_input_shape_is_said(wrong):
    with pytest.raises(ModelError, match=r"preprocess: height = .* is \['n', 3, 4, 3\]"):
        embed(network(), make_faces(1), wrong, OUTPUTS, "add", 1)


def test_an_input_of_another_type_is_said():
    image = helper.make_tensor_value_info("image", TensorProto.INT64, ["n", 3, HEIGHT, WIDTH])
    out = helper.make_tensor_value_info("embedding", TensorProto.INT64, ["n", 36])
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["image"], ["embedding"])], "whole", [image], [out]
    )
    with pytest.raises(ModelError, match=r"'image' is a tensor\(int64\)"):
        embed(session(graph), make_faces(1), spec(), OutputSpec(embedding_dim=36), "add", 1)


def reshaping(rows):
    """A graph that claims any batch and has one inside, as careless exports do."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["m", "d"])
    shape = numpy_helper.from_array(np.array(rows, dtype=np.int64), "shape")
    node = helper.make_node("Reshape", ["image", "shape"], ["embedding"])
    return session(helper.make_graph([node], "fixed", [image], [out], [shape]))


def test_a_graph_that_cannot_run_says_the_shape_it_was_given():
    with pytest.raises(ModelError, match=r"cannot run on an input of shape \[2, 3, 4, 3\]"):
        embed(reshaping([1, 36]), make_faces(2), spec(), OutputSpec(embedding_dim=36), "none", 2)


def test_an_output_of_another_shape_than_it_claims_is_said():
    with pytest.raises(ModelError, match=r"has shape \[1, 72\] where \[2, 36\] is expected"):
        embed(reshaping([1, -1]), make_faces(2), spec(), OutputSpec(embedding_dim=36), "none", 2)


@pytest.mark.parametrize("shape", [[-1, DIM, 1, 1], [-1, 1, 1, DIM], [-1, 1, DIM]])
def test_an_embedding_with_further_dimensions_of_one_is_taken_as_n_by_d(shape):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    sizes = ["n", *(size if size > 0 else "d" for size in shape[1:])]
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, sizes)
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["rows"]),
        helper.make_node("Reshape", ["rows", "shape"], ["embedding"]),
    ]
    held = {"weights": WEIGHTS, "shape": np.array(shape)}
    constants = [numpy_helper.from_array(value, name) for name, value in held.items()]
    wide = session(helper.make_graph(nodes, "wide", [image], [out], constants))
    faces = make_faces(3)
    np.testing.assert_array_equal(
        embed(wide, faces, spec(), OUTPUTS, "none", 2),
        embed(network(), faces, spec(), OUTPUTS, "none", 2),
    )


def test_an_embedding_of_two_wide_dimensions_is_refused():
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["image"], ["embedding"])], "map", [image], [out]
    )
    with pytest.raises(ModelError, match=r"outputs\.embedding_dim = 36: .* \['n', 3, 4, 3\]"):
        embed(session(graph), make_faces(1), spec(), OutputSpec(embedding_dim=36), "none", 1)


def test_the_image_on_which_a_network_fails_is_named() -> None:
    """Each image's mean is an index into a table that is too short for bright ones."""
    nodes = [
        helper.make_node("ReduceMean", ["image", "axes"], ["mean"], keepdims=0),
        helper.make_node("Cast", ["mean"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["embedding"], "lut", axis=0),
    ]
    held = [
        numpy_helper.from_array(np.array([1, 2, 3]), "axes"),
        numpy_helper.from_array(np.eye(DIM, dtype=np.float32)[:2], "table"),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, HEIGHT, WIDTH])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIM])
    made = session(helper.make_graph(nodes, "lut", [image], [embedding], held))
    plain = spec().model_copy(update={"mean": (0.0,) * 3, "std": (0.25,) * 3})
    dark, bright = (
        Face.held(name, cv2.imencode(".png", np.full((HEIGHT, WIDTH, 3), of, "u1"))[1].tobytes())
        for name, of in (("dark", 9), ("bright", 250))
    )
    for batch in (1, 3):
        with pytest.raises(ModelError) as caught:
            embed(made, [dark, dark, bright], plain, OUTPUTS, "none", batch)
        said = str(caught.value)
        assert said.startswith("the network cannot run on 'bright', alone or in a batch, and")
        assert "lut" in said
        assert said.endswith("or leave the image out.")

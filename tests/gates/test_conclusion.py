"""What a gate's record carries to the report, whichever bytes its names have."""

from types import SimpleNamespace

from records import measured

from suite.catalog.gate import Gate
from suite.gates.conclusion import concluded, received, send
from suite.judging.outcome import Outcome

ODD = "caf\udce9.png"
CASE = SimpleNamespace(
    model=SimpleNamespace(
        id="m", family="arcface", source=SimpleNamespace(precision="float32"), on_request=False
    ),
    mode=SimpleNamespace(id="int8", is_fp32=False),
    mode_on_request=False,
)


def test_names_that_are_no_utf8_reach_the_report_spelt_out() -> None:
    flip = {
        **{"pair": 0, "left": ODD, "right": "b.png", "genuine": True},
        **{"fp32_distance": 1.0, "distance": 1.5, "own": True, "kept": True},
    }
    close = {
        **{"images": 1, "quantile": (0.5,), "cosine": (0.9,)},
        "worst": ({"image": ODD, "cosine": 0.9},),
    }
    record = concluded(
        Gate.FIDELITY,
        CASE,
        "faces",
        f"{ODD}/test_fidelity.py::test_fidelity[m-int8-faces]",
        f"pytest {ODD}",
        "cpu",
        outcome=Outcome.FAIL,
        headline=f"{ODD}: is empty",
        notes=(ODD,),
        measured=measured(
            Gate.FIDELITY,
            "faces",
            figures={"cosine_mean": 0.9},
            samples={"speedup": (1.0, 2.0)},
            flips=(flip,),
            closeness=close,
            described=(ODD,),
        ),
    )
    carrier = SimpleNamespace()
    send(record, carrier)
    told = received(carrier)
    assert told == record
    spelt = "caf\\udce9.png"
    assert told.headline == f"{spelt}: is empty"
    assert told.node.startswith(f"{spelt}/test_fidelity.py")
    assert (told.notes, told.measured.described) == ((spelt,), (spelt,))
    assert told.measured.flips[0].left == spelt
    assert told.measured.closeness.worst[0].image == spelt
    assert told.measured.figures == {"cosine_mean": 0.9}
    assert told.measured.samples == {"speedup": (1.0, 2.0)}

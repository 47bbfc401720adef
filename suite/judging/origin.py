"""Where results come from that are the same bits each time: when they may be held to these."""

from suite.judging.part import Frozen


class Origin(Frozen):
    """What made the results of an artifact on a CPU, whose sums of integers are exact.

    One file gives the same bits in each process, with any threads and on each supported
    onnxruntime. One recipe gives the same file where the libraries and the CPU are the same: others
    sum the calibration's floats in another order, scales differ in the last bit, and values that
    lie between two integers are rounded to the other.

    Attributes
    ----------
    artifact : SHA-256 of the file
    decoder : the library that decoded the images, with its version
    builder : what built the file, libraries with their versions and the CPU; empty where it was
        brought
    made_of : hash of what it was built of: source, recipe and calibration; empty where it was
        brought
    """

    artifact: str
    decoder: str
    builder: str = ""
    made_of: str = ""

    def gives_the_bits_of(self, accepted: "Origin | None") -> bool:
        """Whether results must be those that were accepted, to the last bits."""
        if accepted is None or self.decoder != accepted.decoder:
            return False
        alike = (self.builder, self.made_of) == (accepted.builder, accepted.made_of)
        return self.artifact == accepted.artifact or (alike and self.builder != "")

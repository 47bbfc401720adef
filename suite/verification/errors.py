"""What makes a verification figure impossible."""


class VerificationError(ValueError):
    """Pairs or embeddings that no figure can be computed from.

    The message is one sentence for the person who reads the report: what is wrong, how much
    of it, and where it was first seen. Pairs and rows are counted from 0.
    """

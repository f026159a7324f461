"""Read strips with a model, under whatever Python, ONNX Runtime and processor this is started by.

`python read_strips.py MODEL STRIPS OUTPUTS`, with nothing but numpy and ONNX Runtime at hand.
"""

import sys

import numpy as np
import onnxruntime


def main() -> None:
    """Run the model of the first argument on the second's strips; write outputs to the third."""
    model, given, made = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    each = [session.run(None, {"image": strip[None]}) for strip in np.load(given)]
    log_probs, digits, confidence = (np.concatenate(parts) for parts in zip(*each, strict=True))
    np.savez(
        made,
        log_probs=log_probs,
        digits=digits,
        confidence=confidence,
        version=np.array(onnxruntime.__version__),
    )


if __name__ == "__main__":
    main()

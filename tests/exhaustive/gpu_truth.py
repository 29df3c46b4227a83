"""Say what a program really gets of the GPU: run in the target's Python, with `libcuda` or `torch`.

Imports nothing of envdoctor and prints one JSON object.
"""

import ctypes
import json
import os
import sys


def mapped() -> "dict[str, list[str]]":
    """Give the file that this process has mapped for each library of NVIDIA, by the beginning of its name."""
    with open("/proc/self/maps") as lines:
        paths = {line.split(maxsplit=5)[5].strip() for line in lines if "/" in line}
    stems = ("libcudart", "libcudnn", "libnccl", "libcublas", "libnvJitLink", "libcuda")
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        stem = os.path.basename(path).partition(".so")[0]
        if stem in stems and ".so" in path:
            found.setdefault(stem, []).append(path)
    return found


def libcuda() -> "dict[str, object]":
    """Give how many GPUs the driver library shows a program, or why none."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return {"count": 0, "error": str(error)}
    begun = cuda.cuInit(0)
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    if not begun:
        cuda.cuDeviceGetCount(ctypes.byref(count))
        cuda.cuDriverGetVersion(ctypes.byref(version))
    return {"count": count.value, "error": begun, "version": version.value, "mapped": mapped()}


def torch() -> "dict[str, object]":
    """Compute a little on the GPU, so that all that torch opens late is open, and give what it is and has loaded."""
    import torch as framework

    said: dict[str, object] = {
        "version": framework.__version__,
        "cuda": framework.version.cuda,
        "available": framework.cuda.is_available(),
        "targets": framework.cuda.get_arch_list(),
    }
    if said["available"]:
        image = framework.ones(1, 1, 8, 8, device="cuda")
        (framework.nn.functional.conv2d(image, image[:, :, :3, :3]) @ framework.ones(6, 6, device="cuda")).cpu()
        said["cudnn"] = framework.backends.cudnn.version()
        said["nccl"] = framework.cuda.nccl.version()
    return {**said, "mapped": mapped()}


sys.stdout.write(json.dumps({"libcuda": libcuda, "torch": torch}[sys.argv[1]]()))

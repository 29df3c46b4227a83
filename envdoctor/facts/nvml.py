"""Ask NVML for the driver and its GPUs, and print what it says as it says it, one JSON object a line.

Run as a process of its own, with the folder of the pynvml module as argument: NVML can hang on a wedged driver, and
can bring its process down. What was printed before that still counts. Imports nothing of envdoctor.
"""

import contextlib
import json
import sys

sys.path.append(sys.argv[1])

import pynvml as nvml


def tell(**words: object) -> None:
    """Print one line, at once."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def text(value: "str | bytes") -> str:
    """Give a text, which older releases of the module give as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def words(error: nvml.NVMLError) -> str:
    """Give a refusal in the library's own words; the module's differ."""
    try:
        return text(nvml.nvmlErrorString(error.value))
    except nvml.NVMLError:
        return text(str(error))


def ask(name: str, *arguments: object) -> "dict[str, object]":
    """Give the answer of a function, or the library's own words for its refusal."""
    tell(asking=name)
    function = getattr(nvml, name, None)
    if function is None:
        return {"refused": "this pynvml has no " + name}
    try:
        answer = function(*arguments)
    except nvml.NVMLError as error:
        return {"refused": words(error), "number": error.value}
    return {"answer": text(answer) if isinstance(answer, bytes) else answer}


def number_of(answer: "dict[str, object]", field: str = "") -> "dict[str, object]":
    """Give an answer that is a structure as one of its fields."""
    return {"answer": getattr(answer["answer"], field)} if "answer" in answer else answer


def divided(handle: object) -> bool:
    """Say whether a GPU is divided into MIG instances, which most cannot be."""
    mode = ask("nvmlDeviceGetMigMode", handle).get("answer")
    return isinstance(mode, list | tuple) and bool(mode[0])


def instances(handle: object) -> "list[dict[str, object]]":
    """Give the MIG instances of a GPU that is divided: each one's UUID, name and memory."""
    found: "list[dict[str, object]]" = []
    for number in range(int(str(ask("nvmlDeviceGetMaxMigDeviceCount", handle).get("answer", 0)))):
        part = ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        if "answer" in part:
            found.append(
                {
                    "uuid": ask("nvmlDeviceGetUUID", part["answer"]),
                    "name": ask("nvmlDeviceGetName", part["answer"]),
                    "memory": number_of(ask("nvmlDeviceGetMemoryInfo", part["answer"]), "total"),
                }
            )
    return found


def device(number: int) -> "dict[str, object]":
    """Give what NVML says of one GPU."""
    found = ask("nvmlDeviceGetHandleByIndex", number)
    if "answer" not in found:
        return {"unreachable": found}
    handle = found["answer"]
    return {
        "name": ask("nvmlDeviceGetName", handle),
        "compute": ask("nvmlDeviceGetCudaComputeCapability", handle),
        "memory": number_of(ask("nvmlDeviceGetMemoryInfo", handle), "total"),
        "uuid": ask("nvmlDeviceGetUUID", handle),
        "brand": ask("nvmlDeviceGetBrand", handle),
        "cores": ask("nvmlDeviceGetNumGpuCores", handle),
        "clock": ask("nvmlDeviceGetMaxClockInfo", handle, nvml.NVML_CLOCK_SM),
        "divided": divided(handle),
        "mig": instances(handle) if divided(handle) else [],
    }


def main() -> None:
    """Ask, and tell each answer as it comes."""
    begun = ask("nvmlInit")
    if "refused" in begun:
        version = ask("nvmlSystemGetNVMLVersion") if begun.get("number") != nvml.NVML_ERROR_LIBRARY_NOT_FOUND else {}
        tell(failed=begun["refused"], number=begun.get("number", 0), library=version.get("answer", ""))
        return
    tell(driver=ask("nvmlSystemGetDriverVersion"))
    tell(cuda=ask("nvmlSystemGetCudaDriverVersion_v2"))
    count = ask("nvmlDeviceGetCount")
    tell(count=count)
    for number in range(int(str(count.get("answer", 0)))):
        tell(device=device(number))
    tell(done=True)
    with contextlib.suppress(nvml.NVMLError):
        nvml.nvmlShutdown()


main()

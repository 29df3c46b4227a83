/* A libnvidia-ml.so.1 that plays a machine: the tests compile it, and pynvml loads it as it loads the real one.
 * PLAYED_NVML names the machine: h100, mixed, mig, undivided, mismatch, hang, late, crash, none, forbidden, unified.
 * Signatures and numbers are those of nvml.h; the words are what the real library answers to nvmlErrorString. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, UNKNOWN_INDEX = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, MISMATCH = 18 };

typedef struct { const char *name, *uuid; int major, minor, brand; unsigned cores, clock; unsigned long long mib; } Gpu;
typedef struct { unsigned long long total, free, used; } Memory;

static const Gpu H100 = {"NVIDIA H100 80GB HBM3", "GPU-00000000-0000-0000-0000-000000000001", 9, 0, 14, 16896, 1980, 81559};
static const Gpu T4 = {"Tesla T4", "GPU-00000000-0000-0000-0000-000000000002", 7, 5, 2, 2560, 1590, 15360};
static const Gpu A100 = {"NVIDIA A100-SXM4-40GB", "GPU-00000000-0000-0000-0000-000000000003", 8, 0, 14, 6912, 1410, 40960};
static const Gpu GB10 = {"NVIDIA GB10", "GPU-00000000-0000-0000-0000-000000000004", 12, 1, 14, 6144, 3000, 0};
static const Gpu SLICE = {"NVIDIA A100-SXM4-40GB MIG 3g.20gb", "MIG-00000000-0000-0000-0000-000000000005", 8, 0, 14, 0, 0, 19968};

static int plays(const char *machine) {
    const char *played = getenv("PLAYED_NVML");
    return played && strcmp(played, machine) == 0;
}

static void wedge(void) { for (;;) sleep(60); }

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (plays("hang")) wedge();
    if (plays("crash")) abort();
    if (plays("mismatch")) return MISMATCH;
    if (plays("forbidden")) return NO_PERMISSION;
    return SUCCESS;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return SUCCESS; }

const char *nvmlErrorString(int code) {
    switch (code) {
    case NOT_SUPPORTED: return "Not Supported";
    case NO_PERMISSION: return "Insufficient Permissions";
    case NOT_FOUND: return "Not Found";
    case MISMATCH: return "Driver/library version mismatch";
    default: return "Unknown Error";
    }
}

static int text(char *buffer, unsigned length, const char *value) {
    snprintf(buffer, length, "%s", value);
    return SUCCESS;
}
int nvmlSystemGetNVMLVersion(char *buffer, unsigned length) { return text(buffer, length, "550.144"); }
int nvmlSystemGetDriverVersion(char *buffer, unsigned length) { return text(buffer, length, "550.54.15"); }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12040; return SUCCESS; }

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = plays("none") ? 0 : plays("mixed") ? 2 : 1;
    return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, const Gpu **device) {
    if (plays("late")) wedge();
    if (plays("mixed")) *device = index ? &H100 : &T4;
    else if (plays("mig") || plays("undivided")) *device = &A100;
    else if (plays("unified")) *device = &GB10;
    else *device = &H100;
    return SUCCESS;
}
int nvmlDeviceGetName(const Gpu *device, char *buffer, unsigned length) { return text(buffer, length, device->name); }
int nvmlDeviceGetUUID(const Gpu *device, char *buffer, unsigned length) { return text(buffer, length, device->uuid); }
int nvmlDeviceGetBrand(const Gpu *device, int *brand) { *brand = device->brand; return SUCCESS; }
int nvmlDeviceGetCudaComputeCapability(const Gpu *device, int *major, int *minor) {
    *major = device->major;
    *minor = device->minor;
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(const Gpu *device, Memory *memory) {
    if (!device->mib) return NOT_SUPPORTED;
    memory->total = device->mib << 20;
    memory->free = memory->used = memory->total / 2;
    return SUCCESS;
}
int nvmlDeviceGetNumGpuCores(const Gpu *device, unsigned *cores) { *cores = device->cores; return SUCCESS; }
int nvmlDeviceGetMaxClockInfo(const Gpu *device, int kind, unsigned *clock) { (void)kind; *clock = device->clock; return SUCCESS; }

int nvmlDeviceGetMigMode(const Gpu *device, unsigned *now, unsigned *next) {
    if (device != &A100) return NOT_SUPPORTED;
    *now = *next = 1;
    return SUCCESS;
}
int nvmlDeviceGetMaxMigDeviceCount(const Gpu *device, unsigned *count) { (void)device; *count = 7; return SUCCESS; }
int nvmlDeviceGetMigDeviceHandleByIndex(const Gpu *device, unsigned index, const Gpu **slice) {
    (void)device;
    if (index > 1 || plays("undivided")) return NOT_FOUND;
    *slice = &SLICE;
    return SUCCESS;
}

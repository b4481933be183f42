/* SPDX-License-Identifier: MIT */

/* /etc/vmware/config: every setting is what a line says, and wherever libdir leads, installations
 * are looked for below the root only. */

#include <fcntl.h>

#include "../unit/lib/tree.h"
#include "base/text.h"
#include "fuzz.h"
#include "host/config.h"
#include "host/installation.h"

static TempRoot temp;

static void remove_root(void)
{
        temp_root_done(&temp);
}

/* A root with one VMware, which a libdir may name in many ways; made once. */
static void make_root(void)
{
        if (temp.path[0])
                return;
        temp = temp_root_make();
        (void)atexit(remove_root);
        tree_directory(&temp, "etc/vmware");
        tree_file(&temp, "usr/lib/vmware/bin/vmware-vmx", "x", 0755);
        tree_file(&temp, "opt/vmware/bin/vmware-vmx", "y", 0755);
        MUST(symlinkat("/../../opt/vmware", temp.root.fd, "link") >= 0);
        MUST(symlinkat("loop", temp.root.fd, "loop") >= 0);
}

static void check_settings(Span input)
{
        static const char *const keys[] = {"libdir", "LibDir", "bindir", "product.version", ""};
        _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
        Fault fault = FAULT_NONE;
        int r = vmware_config_parse((const char *)input.bytes, input.size, &config, &fault);

        if (r < 0) {
                MUST(r == -EBADMSG && fault.reason == REASON_CONFIG && fault.offset < input.size);
                MUST(input.bytes[fault.offset] == '\0');
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                const char *value = vmware_config_get(config, keys[i]);

                if (!value)
                        continue;
                MUST(keys[i][0] && (memchr(input.bytes, '|', input.size) ||
                                    (!strpbrk(value, "\r\n") &&
                                     memmem(input.bytes, input.size, value, strlen(value)))));
        }
        MUST(vmware_config_get(config, "libdir") == vmware_config_get(config, "LIBDIR"));
}

static void check_installations(Span input)
{
        _cleanup_(installations_done) Installations found = {};
        _cleanup_(texts_done) Texts libdirs = {};
        Fault fault = FAULT_NONE;

        make_root();
        {
                _cleanup_close_ int fd = root_open_at(&temp.root, VMWARE_CONFIG_PATH,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0644);

                MUST(fd >= 0 && fd_write(fd, input) >= 0);
        }
        if (libdirs_find(&temp.root, &libdirs, NULL) >= 0)
                for (size_t i = 0; i < libdirs.count; i++)
                        MUST(libdirs.items[i][0] != '/');
        if (installations_find(&temp.root, &found, &fault) < 0) {
                MUST(fault.reason == REASON_CONFIG);
                return;
        }
        MUST(found.count >= 1 && found.count <= 2); /* the default one is always there */
        for (size_t i = 0; i < found.count; i++) {
                const Target *target = &found.items[i].targets[ROLE_VMX];

                MUST(target->presence != PRESENCE_EMPTY);
                if (target->presence == PRESENCE_FILE)
                        MUST(text_equal(target->place.path, "usr/lib/vmware/bin/vmware-vmx") ||
                             text_equal(target->place.path, "opt/vmware/bin/vmware-vmx"));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        check_settings((Span){bytes, size});
        check_installations((Span){bytes, size});
        return 0;
}

void fuzz_seeds(void)
{
        fuzz_seed_text("empty", "");
        fuzz_seed_text("usual", ".encoding = \"UTF-8\"\nproduct.name = \"VMware Workstation\"\n"
                                "libdir = \"/usr/lib/vmware\"\nproduct.version = \"17.6.1\"\n"
                                "product.buildNumber = \"24319023\"\n");
        fuzz_seed_text("elsewhere", "libdir = \"/opt/vmware\"\r\n# libdir = \"/usr\"\n");
        fuzz_seed_text("link", "LIBDIR=\"../../link/.//\"\nlibdir \t= \"/link\" # \"x\"");
        fuzz_seed_text("loop", "libdir = \"/loop/x\"\n");
        fuzz_seed_text("broken", "libdir\n= \"x\"\nlibdir = \"x\nlibdir = x\nlibdir =\"");
        fuzz_seed("nul", (Span){(const uint8_t *)"libdir = \"/opt\0\"\n", 17});
}

#include "os/steering.hpp"

#include <array>
#include <linux/filter.h>
#include <sys/socket.h>

namespace reload {

bool steer_to_latest(const ListeningSocket& member, unsigned before, unsigned fresh) {
    if (fresh == 0)
        return false;
    // A random one of [before, before + fresh). A number that is no longer taken, because older
    // sockets closed meanwhile, makes the kernel choose by hash among those that are left.
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, fresh),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, before),
        BPF_STMT(BPF_RET | BPF_A, 0),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    return ::setsockopt(member.fd.get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                        sizeof(program)) == 0;
}

void end_steering(const ListeningSocket& member) {
    const int unused = 0;
    ::setsockopt(member.fd.get(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused));
}

} // namespace reload

/* A network path in user space, where the kernel has no netem: forwards Ethernet frames between two interfaces, both
 * ways, each frame a fixed time after it came, and loses some.
 *   path INTERFACE INTERFACE ONE-WAY-MICROSECONDS LOST-PER-TEN-THOUSAND
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 1600, WAITING = 1 << 15 };

struct frame {
  int64_t due;
  ssize_t length;
  uint8_t bytes[FRAME];
};

struct way {
  int from, to;
  int64_t delay;
  unsigned lost, seed;
  struct frame *ring;
};

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int listen_on(const char *name) {
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
  int one = 1, room = 32 << 20, s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (s < 0 || at.sll_ifindex == 0 || bind(s, (struct sockaddr *)&at, sizeof at) < 0) {
    perror(name);
    exit(1);
  }
  setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  return s;
}

/* Frames leave in the order they came: the delay is the same for all. */
static void *carry(void *argument) {
  struct way *w = argument;
  unsigned first = 0, count = 0;
  for (;;) {
    struct pollfd in = {.fd = w->from, .events = count < WAITING ? POLLIN : 0};
    struct timespec rest, *timeout = NULL;
    while (count > 0 && w->ring[first].due <= nanoseconds()) {
      if (send(w->to, w->ring[first].bytes, (size_t)w->ring[first].length, 0) < 0 && (errno == EAGAIN || errno == ENOBUFS)) break;
      first = (first + 1) % WAITING;
      count--;
    }
    if (count > 0) {
      int64_t left = w->ring[first].due - nanoseconds();
      if (left < 0) left = 0;
      rest.tv_sec = left / 1000000000;
      rest.tv_nsec = left % 1000000000;
      timeout = &rest;
    }
    if (ppoll(&in, 1, timeout, NULL) <= 0) continue;
    for (int burst = 0; burst < 128 && count < WAITING; burst++) {
      struct frame *f = &w->ring[(first + count) % WAITING];
      f->length = recv(w->from, f->bytes, FRAME, MSG_DONTWAIT);
      if (f->length < 0) break;
      if (w->lost > 0 && (unsigned)rand_r(&w->seed) % 10000 < w->lost) continue;
      f->due = nanoseconds() + w->delay;
      count++;
    }
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: path INTERFACE INTERFACE ONE-WAY-MICROSECONDS LOST-PER-TEN-THOUSAND\n");
    return 2;
  }
  int a = listen_on(argv[1]), b = listen_on(argv[2]);
  struct way ways[2] = {{.from = a, .to = b, .seed = 1}, {.from = b, .to = a, .seed = 2}};
  pthread_t other;
  for (int i = 0; i < 2; i++) {
    ways[i].delay = atoll(argv[3]) * 1000;
    ways[i].lost = (unsigned)atoi(argv[4]);
    ways[i].ring = calloc(WAITING, sizeof(struct frame));
    if (!ways[i].ring) return 1;
  }
  pthread_create(&other, NULL, carry, &ways[1]);
  carry(&ways[0]);
}

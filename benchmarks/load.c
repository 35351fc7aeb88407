/* A load generator that takes as little as it can of the processors it shares with what it measures.

   load PORT CLIENTS SECONDS STATUS REQUESTS LATENCIES

   Each of CLIENTS connections to 127.0.0.1 sends its next request as soon as the answer to the last is whole:
   the status must be STATUS, and Content-Length bytes of a JSON object must follow the head. REQUESTS holds
   requests, each after its length as four bytes; LATENCIES gets one float of seconds for each answer. Prints
   "seconds failures bytes".

   https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM (4 << 20)
#define MOST 1024

struct connection {
    int socket;
    size_t next, held;
    double began;
    char *buffer;
};

static char *requests[1 << 16];
static uint32_t lengths[1 << 16];
static size_t number;
static long failures, bytes;
static double until;
static char expected[16];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    while (number < sizeof lengths / sizeof *lengths && fread(&lengths[number], 4, 1, file) == 1) {
        requests[number] = malloc(lengths[number]);
        if (fread(requests[number], 1, lengths[number], file) != lengths[number]) fail("requests");
        number++;
    }
    fclose(file);
    if (!number) fail("requests");
}

static void send_next(struct connection *c) {
    size_t n = c->next++ % number, sent = 0;
    c->held = 0;
    c->began = now();
    while (sent < lengths[n]) {
        ssize_t some = send(c->socket, requests[n] + sent, lengths[n] - sent, MSG_NOSIGNAL);
        if (some < 0) fail("send");
        sent += some;
    }
}

static void open_one(struct connection *c, int port, size_t start) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->socket, (struct sockaddr *)&to, sizeof to)) fail("connect");
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->next = start;
    c->buffer = malloc(ROOM + 1);
}

/* How many bytes the answer in the buffer has in all; 0 while its head is not whole. */
static size_t whole(struct connection *c) {
    char *end = memmem(c->buffer, c->held, "\r\n\r\n", 4);
    if (!end) return 0;
    for (char *line = c->buffer; line < end; line = strstr(line, "\r\n") + 2)
        if (!strncasecmp(line, "content-length:", 15)) return end + 4 - c->buffer + strtoul(line + 15, 0, 10);
    errno = 0;
    fail("an answer without Content-Length cannot be measured");
    return 0;
}

/* Takes what has come; whether the answer is whole. */
static int receive(struct connection *c) {
    ssize_t some = recv(c->socket, c->buffer + c->held, ROOM - c->held, MSG_DONTWAIT);
    if (some <= 0) fail("the hub hung up, or an answer is too long");
    bytes += some;
    c->held += some;
    c->buffer[c->held] = 0;
    size_t all = whole(c);
    if (!all || c->held < all) return 0;
    failures += c->held > all || strncmp(c->buffer, expected, strlen(expected)) || c->buffer[all - 1] != '}';
    return 1;
}

int main(int count, char **given) {
    static struct connection connections[MOST];
    struct epoll_event events[MOST];
    if (count != 7) return 2;
    int clients = atoi(given[2]), open = clients, epoll = epoll_create1(0);
    if (clients < 1 || clients > MOST) return 2;
    snprintf(expected, sizeof expected, "HTTP/1.1 %d", atoi(given[4]));
    read_requests(given[5]);
    FILE *latencies = fopen(given[6], "wb");
    if (!latencies) fail(given[6]);
    for (int n = 0; n < clients; n++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &connections[n]};
        open_one(&connections[n], atoi(given[1]), n * number / clients);
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[n].socket, &wanted);
    }
    double began = now();
    until = began + atof(given[3]);
    for (int n = 0; n < clients; n++) send_next(&connections[n]);
    while (open) {
        int ready = epoll_wait(epoll, events, MOST, 60000);
        if (ready <= 0) fail("no answer for a minute");
        for (int n = 0; n < ready; n++) {
            struct connection *c = events[n].data.ptr;
            if (!receive(c)) continue;
            double at = now();
            float took = at - c->began;
            fwrite(&took, sizeof took, 1, latencies);
            if (at < until) {
                send_next(c);
            } else {
                close(c->socket);
                open--;
            }
        }
    }
    fclose(latencies);
    printf("%f %ld %ld\n", now() - began, failures, bytes);
    return 0;
}

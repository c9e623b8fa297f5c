/* Starts the RTSP server of the library gst-rtsp-server as a camera would be configured. Everything on the wire
 * (RTSP, RTP, TLS, Digest) is the library's; this file sets its options and prints one line per refused credential.
 *
 *   rtsp-server -p PORT [-a ADDRESS] [-u USER -w PASSWORD-FILE -r REALM [-x USER -y PASSWORD-FILE]] [-c CERTIFICATE -k KEY] PATH=open|account ...
 */
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE \
  "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=5/1 ! x264enc tune=zerolatency" \
  " speed-preset=ultrafast bitrate=150 key-int-max=10 ! video/x-h264,profile=baseline" \
  " ! rtph264pay name=pay0 pt=96 config-interval=1 )"

/* A 401 to a request that carried credentials is a failed log-in; one to a bare request is only the challenge. */
static void answer_sent(GstRTSPClient *client, GstRTSPContext *context, GstRTSPMessage *answer, gpointer unused) {
  GstRTSPStatusCode code;
  GstRTSPContext *now = gst_rtsp_context_get_current();
  GstRTSPAuthCredential **credentials, **c;
  const gchar *user = "-";
  (void)context; (void)unused;
  if (gst_rtsp_message_get_type(answer) != GST_RTSP_MESSAGE_RESPONSE || !now || !now->request) return;
  if (gst_rtsp_message_parse_response(answer, &code, NULL, NULL) != GST_RTSP_OK) return;
  if (code != GST_RTSP_STS_UNAUTHORIZED) return;
  credentials = gst_rtsp_message_parse_auth_credentials(now->request, GST_RTSP_HDR_AUTHORIZATION);
  if (!credentials || !*credentials) return;
  for (c = credentials; *c; c++)
    for (GstRTSPAuthParam **p = (*c)->params; p && *p; p++)
      if (!g_ascii_strcasecmp((*p)->name, "username")) user = (*p)->value;
  printf("authentication failure; user=%.64s rhost=%s path=%.128s\n", user,
         gst_rtsp_connection_get_ip(gst_rtsp_client_get_connection(client)), now->uri ? now->uri->abspath : "-");
  gst_rtsp_auth_credentials_free(credentials);
}

static void client_connected(GstRTSPServer *server, GstRTSPClient *client, gpointer unused) {
  (void)server; (void)unused;
  g_signal_connect(client, "send-message", G_CALLBACK(answer_sent), NULL);
}

static gboolean drop_old_sessions(gpointer server) {
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool(server);
  gst_rtsp_session_pool_cleanup(pool);
  g_object_unref(pool);
  return TRUE;
}

static char *first_line(const char *file) {
  static char line[256];
  FILE *f = fopen(file, "r");
  if (!f || !fgets(line, sizeof line, f)) { fprintf(stderr, "cannot read %s\n", file); exit(1); }
  fclose(f);
  line[strcspn(line, "\r\n")] = 0;
  return strdup(line);
}

/* Both roles may ask for every path, so that a missing log-in is answered 401 and not 404. */
static void allow(GstRTSPMediaFactory *factory, const char *role, gboolean construct) {
  gst_rtsp_media_factory_add_role(factory, role, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
                                  GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, construct, NULL);
}

static GstRTSPToken *token(const char *role) {
  return gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, role, NULL);
}

int main(int argc, char **argv) {
  const char *address = "::", *port = "554", *user = NULL, *password = NULL, *other = NULL, *other_password = NULL, *realm = "camera", *certificate = NULL,
             *key = NULL;
  int option;
  gboolean guarded = FALSE, open = FALSE;
  while ((option = getopt(argc, argv, "a:p:u:w:x:y:r:c:k:")) != -1)
    switch (option) {
    case 'a': address = optarg; break;
    case 'p': port = optarg; break;
    case 'u': user = optarg; break;
    case 'w': password = first_line(optarg); break;
    case 'x': other = optarg; break;
    case 'y': other_password = first_line(optarg); break;
    case 'r': realm = optarg; break;
    case 'c': certificate = optarg; break;
    case 'k': key = optarg; break;
    default: return 2;
    }
  setvbuf(stdout, NULL, _IOLBF, 0);
  gst_init(NULL, NULL);
  GstRTSPServer *server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, address);
  gst_rtsp_server_set_service(server, port);

  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
  for (int i = optind; i < argc; i++) {
    char *path = argv[i], *right = strrchr(path, '=');
    if (!right) return 2;
    *right++ = 0;
    gboolean is_open = !strcmp(right, "open");
    open |= is_open;
    guarded |= !is_open;
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    gst_rtsp_media_factory_set_launch(factory, PICTURE);
    gst_rtsp_media_factory_set_shared(factory, TRUE);
    allow(factory, "account", TRUE);
    allow(factory, "anonymous", is_open);
    gst_rtsp_mount_points_add_factory(mounts, path, factory);
  }
  g_object_unref(mounts);

  if (guarded || certificate) {
    GstRTSPAuth *auth = gst_rtsp_auth_new();
    if (user && password) {
      GstRTSPToken *t = token("account");
      gst_rtsp_auth_set_realm(auth, realm);
      gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
      gst_rtsp_auth_add_digest(auth, user, password, t);
      if (other && other_password) gst_rtsp_auth_add_digest(auth, other, other_password, t);
      gst_rtsp_token_unref(t);
    }
    if (open) {
      GstRTSPToken *t = token("anonymous");
      gst_rtsp_auth_set_default_token(auth, t);
      gst_rtsp_token_unref(t);
    }
    if (certificate) {
      GError *error = NULL;
      GTlsCertificate *c = g_tls_certificate_new_from_files(certificate, key, &error);
      if (!c) { fprintf(stderr, "%s\n", error->message); return 1; }
      gst_rtsp_auth_set_tls_certificate(auth, c);
    }
    gst_rtsp_server_set_auth(server, auth);
    g_object_unref(auth);
  }
  g_signal_connect(server, "client-connected", G_CALLBACK(client_connected), NULL);
  if (!gst_rtsp_server_attach(server, NULL)) { fprintf(stderr, "cannot listen on %s port %s\n", address, port); return 1; }
  g_timeout_add_seconds(5, drop_old_sessions, server);
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
  return 0;
}

/** Every directive that SRS 7.0 knows at the top of its config. */
export const ROOT_DIRECTIVES: ReadonlySet<string> = new Set(
  `asprocess auto_reload_for_docker chunk_size circuit_breaker daemon disable_daemon_for_docker
  empty_ip_ok exporter ff_log_dir ff_log_level first_wait_for_qlv force_grace_quit
  grace_final_wait grace_start_wait heartbeat http_api http_server http_stream in_docker include
  inotify_auto_reload is_full listen max_connections pid pithy_print_ms query_latest_version
  rtc_server server_id srs_log_file srs_log_level srs_log_level_v2 srs_log_tank srt_server stats
  stream_caster tcmalloc_release_rate tencentcloud_apm tencentcloud_cls threads utc_time vhost
  work_dir`.split(/\s+/),
);

/** Those of a vhost. */
export const VHOST_DIRECTIVES: ReadonlySet<string> = new Set(
  `bandcheck chunk_size cluster dash dvr enabled exec forward gop_cache hds hls http_hooks
  http_remux http_static in_ack_size ingest min_latency nack out_ack_size play publish
  queue_length refer rtc security srt tcp_nodelay transcode twcc`.split(/\s+/),
);

/** Those of the blocks that are read here; the others are not looked into. */
export const BLOCK_DIRECTIVES: Readonly<Record<string, ReadonlySet<string>>> = {
  http_api: new Set(['enabled', 'listen', 'crossdomain', 'raw_api', 'auth', 'https']),
  http_server: new Set(['enabled', 'listen', 'dir', 'crossdomain', 'https']),
  heartbeat: new Set(['enabled', 'interval', 'url', 'device_id', 'summaries', 'ports']),
  http_remux: new Set(
    'enabled mount fast_cache drop_if_not_match has_audio has_video guess_has_av'.split(' '),
  ),
  http_hooks: new Set(
    `enabled on_connect on_close on_publish on_unpublish on_play on_stop on_dvr on_hls
    on_hls_notify`.split(/\s+/),
  ),
  play: new Set(
    `time_jitter mix_correct atc atc_auto mw_latency mw_msgs gop_cache gop_cache_max_frames
    queue_length send_min_interval reduce_sequence_header`.split(/\s+/),
  ),
};

/** What mini-srs takes note of; any other known directive is accepted, and named once. */
export const SERVED: ReadonlySet<string> = new Set(
  `asprocess daemon exporter heartbeat http_api http_server listen max_connections pid server_id
  srs_log_file srs_log_level srs_log_level_v2 srs_log_tank vhost enabled gop_cache http_hooks
  http_remux min_latency play tcp_nodelay`.split(/\s+/),
);

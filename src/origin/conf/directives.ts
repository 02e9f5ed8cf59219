function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

/** All top-level directives of SRS 7.0. */
export const ROOT_DIRECTIVES: ReadonlySet<string> = words(`
  asprocess auto_reload_for_docker chunk_size circuit_breaker daemon disable_daemon_for_docker
  empty_ip_ok exporter ff_log_dir ff_log_level first_wait_for_qlv force_grace_quit
  grace_final_wait grace_start_wait heartbeat http_api http_server http_stream in_docker include
  inotify_auto_reload is_full listen max_connections pid pithy_print_ms query_latest_version
  rtc_server server_id srs_log_file srs_log_level srs_log_level_v2 srs_log_tank srt_server stats
  stream_caster tcmalloc_release_rate tencentcloud_apm tencentcloud_cls threads utc_time vhost
  work_dir`);

/** All directives of a vhost. */
export const VHOST_DIRECTIVES: ReadonlySet<string> = words(`
  bandcheck chunk_size cluster dash dvr enabled exec forward gop_cache hds hls http_hooks
  http_remux http_static in_ack_size ingest min_latency nack out_ack_size play publish
  queue_length refer rtc security srt tcp_nodelay transcode twcc`);

/** Directives of the blocks that are checked here; other blocks are not checked. */
export const BLOCK_DIRECTIVES: Readonly<Record<string, ReadonlySet<string>>> = {
  http_api: words('enabled listen crossdomain raw_api auth https'),
  http_server: words('enabled listen dir crossdomain https'),
  raw_api: words('enabled allow_reload allow_query allow_update'),
  auth: words('enabled username password'),
  exporter: words('enabled listen label tag'),
  stats: words('enabled network disk'),
  srt_server: words(`enabled listen maxbw mss latency recvlatency peerlatency connect_timeout
    peer_idle_timeout sendbuf recvbuf payloadsize default_app sei_filter mix_correct tlpktdrop
    tsbpdmode passphrase pbkeylen`),
  rtc_server: words(`enabled listen dir candidate ecdsa tcp encrypt reuseport merge_nalus black_hole
    protocol ip_family api_as_candidates resolve_api_domain keep_api_domain
    use_auto_detect_network_ip`),
  hls: words(`enabled hls_entry_prefix hls_path hls_fragment hls_window hls_on_error hls_storage
    hls_mount hls_td_ratio hls_aof_ratio hls_acodec hls_vcodec hls_m3u8_file hls_ts_file
    hls_ts_floor hls_cleanup hls_nb_notify hls_wait_keyframe hls_dispose hls_keys
    hls_fragments_per_key hls_key_file hls_key_file_path hls_key_url hls_dts_directly hls_ctx
    hls_ts_ctx`),
  rtc: words(`enabled nack twcc nack_no_copy bframe aac stun_timeout stun_strict_check dtls_role
    dtls_version drop_for_pt rtc_to_rtmp pli_for_rtmp rtmp_to_rtc keep_bframe opus_bitrate
    aac_bitrate keep_avc_nalu_sei`),
  srt: words('enabled srt_to_rtmp'),
  refer: words('enabled all publish play'),
  security: words('enabled deny allow'),
  heartbeat: words('enabled interval url device_id summaries ports'),
  http_remux: words('enabled mount fast_cache drop_if_not_match has_audio has_video guess_has_av'),
  http_hooks: words(`enabled on_connect on_close on_publish on_unpublish on_play on_stop on_dvr
    on_hls on_hls_notify`),
  play: words(`time_jitter mix_correct atc atc_auto mw_latency mw_msgs gop_cache
    gop_cache_max_frames queue_length send_min_interval reduce_sequence_header`),
};

/** Directives that mini-srs uses. Any other known directive is accepted and logged once. */
export const SERVED: ReadonlySet<string> = words(`
  asprocess daemon exporter heartbeat http_api http_server listen max_connections pid server_id
  srs_log_file srs_log_level srs_log_level_v2 srs_log_tank vhost enabled gop_cache hls http_hooks
  http_remux http_static min_latency play refer rtc rtc_server security tcp_nodelay`);

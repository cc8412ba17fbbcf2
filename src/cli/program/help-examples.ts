/** A command line as somebody would type it, and what it does. */
export type HelpExample = readonly [does: string, line: string];

/** Examples of every command, the most usual first. A test runs each, one after the other, beside what they speak of. */
export const HELP_EXAMPLES: Readonly<Record<string, readonly HelpExample[]>> = {
  checkpoint: [
    ['fold the log into a checkpoint now', 'statelog checkpoint orders'],
    ['keep the last five from now on', 'statelog checkpoint orders --keep 5'],
  ],
  compact: [
    ['see what it would come to', 'statelog compact orders --dry-run'],
    ['do it', 'statelog compact orders'],
  ],
  completion: [
    ['complete command lines in this bash or zsh', 'source <(statelog completion bash)'],
    ['in fish, for good', 'statelog completion fish > ~/.config/fish/completions/statelog.fish'],
  ],
  create: [
    ['a state directory', 'statelog create new-orders'],
    ['a fold log, which Slipstream reads too', 'statelog create routes.snap'],
  ],
  delete: [
    ['one key; 1 if it was not there', 'statelog delete orders order:17'],
    [
      'all keys with a prefix',
      'statelog scan orders --prefix order: --json | statelog delete orders --batch -',
    ],
  ],
  diff: [
    ['what differs from yesterday', 'statelog diff yesterday orders'],
    ['in a script: only whether anything does', 'statelog diff -q yesterday orders || echo changed'],
    ['a page to show', 'statelog diff yesterday orders --report differences.html'],
  ],
  export: [
    ['a folder that import takes anywhere', 'statelog export orders tonight'],
    ['to another host', 'statelog export orders - | ssh other statelog import - orders-copy'],
    [
      'to a bucket, s3://BUCKET/KEY, or a folder like one',
      'statelog export orders "file://$PWD/bucket/edge/orders"',
    ],
    ['as text', 'statelog export orders - --as ndjson | gzip > orders.ndjson.gz'],
  ],
  get: [
    ['a value, byte for byte', 'statelog get orders order:18'],
    ['1 and nothing printed where there is none', 'statelog get orders absent || echo none'],
    ['several at once, a JSON object a line', 'statelog get orders order:18 visits --default 0'],
    ['as it was at an earlier checkpoint', 'statelog get orders order:18 --at 1'],
  ],
  import: [
    ['a snapshot that export made', 'statelog import backup restored'],
    [
      'from a bucket, s3://BUCKET/KEY, or a folder like one',
      'statelog import "file://$PWD/bucket/edge/orders" fetched',
    ],
    ['from another host', 'ssh other statelog export orders - | statelog import - orders-copy'],
  ],
  inspect: [
    ['browse a log, at the address that it prints', 'statelog inspect orders'],
    ['what is damaged, with values', 'statelog inspect damaged --show-values'],
  ],
  pull: [
    [
      'a copy of a bucket, or what is new since the last time',
      'statelog pull nats://localhost/routes routes.snap',
    ],
    ['and go on with what comes', 'statelog pull nats://localhost/routes routes.snap --follow'],
    ['a directory too', 'statelog pull nats://localhost/routes routes.snap --into routes'],
  ],
  push: [
    [
      'a bucket that was lost, from the store that is left',
      'statelog push orders nats://localhost/orders --create',
    ],
    ['see what it would come to', 'statelog push orders nats://localhost/orders --dry-run'],
  ],
  list: [
    ['what is published in a bucket', 'statelog list "file://$PWD/bucket"'],
    ['of one key, for a script', 'statelog list "file://$PWD/bucket/edge/orders" --json'],
    ['every moment that can be restored', 'statelog list "file://$PWD/bucket/edge/orders" --chain'],
  ],
  prune: [
    [
      'what would go if the newest three stay',
      'statelog prune "file://$PWD/bucket/edge/orders" --keep 3 --dry-run',
    ],
    [
      'do it; what is younger than a day stays',
      'statelog prune "file://$PWD/bucket/edge/orders" --keep 3 --grace 1d',
    ],
  ],
  status: [
    ['for a monitor: 1 where it is more than five minutes behind', 'statelog status orders --max-lag 5m'],
    ['and as a textfile for Prometheus', 'statelog status orders --max-lag 5m --prometheus replica.prom'],
  ],
  replicate: [
    [
      'once: a whole snapshot, or what changed since',
      'statelog replicate orders "file://$PWD/bucket/edge/orders"',
    ],
    [
      'on and on, at most ten seconds behind',
      'statelog replicate orders s3://my-bucket/edge/orders --follow --every 10s',
    ],
  ],
  put: [
    ['one value; on disk when it returns', "statelog put orders order:19 '10 apples'"],
    ['count, and print the sum', 'statelog put orders visits --increment 1'],
    ['a marker, once: 1 if it is there', 'statelog put orders done yes --if-absent'],
    [
      'many, from what another program prints',
      'printf "a\\t1\\nb\\t2\\n" | statelog put orders --tsv --batch -',
    ],
  ],
  repair: [
    ['what it would do', 'statelog repair damaged --into whole --dry-run'],
    ['every good record, to a new place', 'statelog repair damaged --into whole'],
    ['cut an unfinished last write, in place', 'statelog repair torn'],
  ],
  rescue: [
    ['all there is to say, and all that is good beside it', 'statelog rescue damaged'],
    ['hold it against a backup too', 'statelog rescue damaged --backup backup'],
    ['with a page to show', 'statelog rescue damaged --report rescue.html'],
  ],
  scan: [
    ['keys with a prefix', 'statelog scan orders --prefix order: --keys-only'],
    ['for another program, a JSON object a line', 'statelog scan orders --json | head -n 2'],
    ['how many', 'statelog scan orders --count'],
    ['in a form of your own', "statelog scan orders --format '{key} is {value:json}\\n'"],
    [
      'as variables of this shell',
      'statelog put app port 80 && eval "$(statelog scan app --env)" && echo $port',
    ],
    ['whose value is, or holds', 'statelog scan orders --grep apples'],
  ],
  session: [
    [
      'many operations of one process, an answer a line',
      `printf '%s\\n' '{"id":1,"op":"increment","key":"visits"}' '{"id":2,"op":"get","key":"visits"}' | statelog session orders`,
    ],
    [
      'two changes or neither',
      `echo '{"op":"group","operations":[{"op":"delete","key":"order:16"},{"op":"put","key":"done:16","value":"yes"}]}' | statelog session orders`,
    ],
    [
      'answers that a shell reads without a parser',
      `echo '{"op":"increment","key":"visits"}' | statelog session orders --short`,
    ],
  ],
  source: [
    ['how many lines of each source were taken', 'statelog source list orders'],
    [
      'take one from its first line again',
      'seq 3 | sed "s/.*/k&\\t&/" | statelog put orders --tsv --batch - --source feed && statelog source reset orders feed',
    ],
  ],
  stat: [
    ['what a path holds', 'statelog stat orders'],
    ['for a script', 'statelog stat orders --json'],
  ],
  verify: [
    ['read all of it, check all of it', 'statelog verify orders'],
    ['in a script: the exit code alone', 'statelog verify -q orders && echo whole'],
    ['the bytes round each fault', 'statelog verify damaged --hexdump'],
    ['a page to show', 'statelog verify damaged --report report.html'],
  ],
  wait: [
    [
      'until another process has put a key, a minute at the most',
      'statelog wait orders order:18 --timeout 60',
    ],
    ['until it has a value', "statelog wait orders order:18 --value '18 apples'"],
  ],
  watch: [
    ['the first two, each as it comes', 'statelog watch orders --prefix order: --limit 2'],
    [
      'run something for each',
      `statelog watch orders --limit 2 --exec 'echo "$STATELOG_OP $STATELOG_KEY: $(cat)"'`,
    ],
  ],
  'wal-replay': [
    ['what a log recorded', 'statelog wal-replay orders'],
    ['what happened to some keys', 'statelog wal-replay orders --prefix order: --json'],
    ['who changed a key last', 'statelog wal-replay orders --key order:20 --last --json'],
    ['a store as its log says', 'statelog wal-replay orders --into replayed'],
  ],
};

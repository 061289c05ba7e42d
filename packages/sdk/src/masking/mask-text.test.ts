import { describe, expect, it } from 'vitest';
import { createMaskText } from './mask-text.ts';

const mask = createMaskText({});

describe('a pattern of the user', () => {
  it.each([/(a|ab)*c/, /(a+)+$/, /((a|b)|c)+d/, /a*a*b/, /(x+y?){5,}z/, /(.)\1/])(
    '%s could run away and is refused',
    (pattern) => {
      expect(() => createMaskText({ rules: [{ name: 'x', pattern }] })).toThrow(/may take exponential time/);
    },
  );

  it.each([/T-[0-9]{6}/, /(?:CUST|ORD)-\d+/, /\bkey=[^ ]{1,64}/])('%s is taken', (pattern) => {
    expect(() => createMaskText({ rules: [{ name: 'x', pattern }] })).not.toThrow();
  });
});

describe('masking', () => {
  it.each([
    ['write to ada.lovelace+x@maths.example.org now', 'write to [masked:email] now'],
    ['card 4111 1111 1111 1111, thanks', 'card [masked:card], thanks'],
    ['card 378282246310005.', 'card [masked:card].'],
    ['IBAN GB29 NWBK 6016 1331 9268 19 and more', 'IBAN [masked:iban] and more'],
    ['DE89370400440532013000', '[masked:iban]'],
    ['from 203.0.113.9:8080', 'from [masked:ip]:8080'],
    ['from 2001:db8::ff00:42:8329 ok', 'from [masked:ip] ok'],
    ['call +1 (555) 123-4567 today', 'call [masked:phone] today'],
    ['call +4915112345678', 'call [masked:phone]'],
    ['call 555-867-5309', 'call [masked:phone]'],
    ['ssn 123-45-6789', 'ssn [masked:ssn]'],
    ['key sk-proj-abcDEF1234567890ghiJKL and', 'key [masked:secret] and'],
    ['AKIAIOSFODNN7EXAMPLE', '[masked:secret]'],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', '[masked:secret]'],
    ['Authorization: Bearer abcdefghijklmnop1234', 'Authorization: Bearer [masked:token]'],
    ['Authorization: Token hunter2abc', 'Authorization: [masked:secret]'],
    [
      'authorization: Digest username="u", realm=x, response="hunter2" sent',
      'authorization: [masked:secret]sent',
    ],
    [
      `-H 'Authorization: AWS4-HMAC-SHA256 Credential=AK/s3, Signature=hunter2' x`,
      `-H 'Authorization: [masked:secret]' x`,
    ],
    ['Proxy-Authorization: Bearer hunter2abcdefghijk', 'Proxy-Authorization: Bearer [masked:token]'],
    ['Proxy-Authorization: Negotiate hunter2=', 'Proxy-Authorization: [masked:secret]'],
    ['X-Vault-Token: hunter2', 'X-Vault-Token: [masked:secret]'],
    ['PRIVATE-TOKEN:hunter2\nAccept: */*', 'PRIVATE-TOKEN:[masked:secret]\nAccept: */*'],
    ['encryption_key: hunter2', 'encryption_key: [masked:secret]'],
    ['password="hunter2 and', 'password="[masked:secret]"'],
    ['secret => "hunter2", x', 'secret => "[masked:secret]", x'],
    ['postgres://app:hunter2@db.internal/x', 'postgres://app:[masked:password]@db.internal/x'],
    ['password=hunter2&x=1', 'password=[masked:secret]&x=1'],
    ['mail josé@münchen.de now', 'mail [masked:email] now'],
    ['https://x.test/a?token=hunter2&page=2', 'https://x.test/a?token=[masked:secret]&page=2'],
    ['https://x.test/f?X-Amz-Signature=0f0f0f&x=1', 'https://x.test/f?X-Amz-Signature=[masked:secret]&x=1'],
    ['/users/ada%40example.org/posts', '/users/[masked:email]/posts'],
    ['?mail=ada%2540example.org', '?mail=[masked:email]'],
    ['pay?card=4111+1111+1111+1111&x=1', 'pay?card=[masked:card]&x=1'],
    ['next=%2Flogin%3Fpassword%3Dhunter2', 'next=%2Flogin%3Fpassword%3D[masked:secret]'],
    ['a%zz ada%40example.org %', 'a%zz [masked:email] %'],
    ['Cookie: sid=abc; theme=dark', 'Cookie: [masked:secret]'],
    [
      'answer {"token":"hunter2","pin":1234} came',
      'answer {"token":"[masked:secret]","pin":[masked:secret]} came',
    ],
    ['{"ada@example.org":1,"bob@example.org":2}', '{"[masked:email]":1,"[masked:email] 2":2}'],
    ['[{"name":"password","value":"hunter2"}]', '[{"name":"password","value":"[masked:secret]"}]'],
    ['["--api-key","hunter2","-v"]', '["--api-key","[masked:secret]","-v"]'],
    ['api_key: "abc"', 'api_key: "[masked:secret]"'],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- tail',
      '[masked:private_key] tail',
    ],
    ['<password>hunter2 and more</password>', '<password>[masked:secret]</password>'],
    ['redis://:hunter2@cache:6379/0', 'redis://:[masked:password]@cache:6379/0'],
    ['curl -u admin:hunter2 https://x.test', 'curl -u admin:[masked:password] https://x.test'],
    [
      'AccountName=x;AccountKey=aGk9aGk=;EndpointSuffix=y',
      'AccountName=x;AccountKey=[masked:secret];EndpointSuffix=y',
    ],
    ['mysql -h db -uroot -phunter2 shop', 'mysql -h db -uroot -p[masked:password] shop'],
    [
      `Command failed: /usr/bin/mysqldump -p'hunter 2' --all`,
      `Command failed: /usr/bin/mysqldump -p'[masked:password]' --all`,
    ],
    ['mariadb-dump -p"hunter 2', 'mariadb-dump -p"[masked:password]"'],
    [
      'docker exec db mysql mysql -phunter2; ls -la',
      'docker exec db mysql mysql -p[masked:password]; ls -la',
    ],
    ['sshpass -p hunter2 ssh -p 2222 host', 'sshpass -p [masked:password] ssh -p 2222 host'],
    ['sshpass -phunter2 scp -p file host:', 'sshpass -p[masked:password] scp -p file host:'],
    ['redis-cli -h cache -a hunter2 ping', 'redis-cli -h cache -a [masked:password] ping'],
    ['docker login -u ada -p hunter2 registry', 'docker login -u ada -p [masked:password] registry'],
    ['az acr login \\\n -p hunter2', 'az acr login \\\n -p [masked:password]'],
    ['PGPASSWORD=hunter2 psql -p 5432', 'PGPASSWORD=[masked:secret] psql -p 5432'],
    ["MYSQL_PWD='hunter2' mysql", "MYSQL_PWD='[masked:secret]' mysql"],
    ['SSHPASS=hunter2 sshpass -e ssh host', 'SSHPASS=[masked:secret] sshpass -e ssh host'],
    ['REDISCLI_AUTH="hunter2" redis-cli', 'REDISCLI_AUTH="[masked:secret]" redis-cli'],
    ['psql --password=hunter2 -p 5432', 'psql --password=[masked:secret] -p 5432'],
    ['curl -sS -uadmin:hunter2 https://x.test', 'curl -sS -uadmin:[masked:password] https://x.test'],
    ["curl -u 'admin:hunter 2' https://x.test", "curl -u 'admin:[masked:password]' https://x.test"],
    ['ldapsearch -x -w hunter2 -b dc=x', 'ldapsearch -x -w [masked:password] -b dc=x'],
    ['openssl rsa -passin pass:hunter2 -in k.pem', 'openssl rsa -passin [masked:password] -in k.pem'],
    ['keytool -list -storepass hunter2', 'keytool -list -storepass [masked:password]'],
    ['["mysql","-uroot","-phunter2"]', '["mysql","-uroot","-p[masked:password]"]'],
    ["spawn [ 'sshpass', '-p', 'hunter 2' ] now", "spawn [ 'sshpass', '-p', '[masked:password]' ] now"],
    ['ran {"cmd":"mysql -phunter2 x"} now', 'ran {"cmd":"mysql -p[masked:password] x"} now'],
    [
      'docker exec db sh -c "mysql -phunter2" && echo "x"',
      'docker exec db sh -c "mysql -p[masked:password]" && echo "x"',
    ],
    ['{"cmd":"mysql -phunter2"} and "b" {', '{"cmd":"mysql -p[masked:password]"} and "b" {'],
    [
      String.raw`{"a":"{\"cmd\":\"mysql -phunter2\"}`,
      String.raw`{"a":"{\"cmd\":\"mysql -p[masked:password]\"}`,
    ],
    [
      "redis-cli ping [ 'docker', 'login', '-p', 'hunter2' ]",
      "redis-cli ping [ 'docker', 'login', '-p', '[masked:password]' ]",
    ],
    ['my password is hunter2 please', 'my password is [masked:secret] please'],
    [
      `body ${Buffer.from('write to ada.lovelace@maths.example.org').toString('base64')} end`,
      'body [masked:secret] end',
    ],
    [
      Buffer.from(JSON.stringify({ user: 'ada', password: 'hunter2' })).toString('base64url'),
      '[masked:secret]',
    ],
  ])('masks %j', (text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  const token = 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY';
  const hex = '9f86d081884c7d659a2feaa0c55ad015';
  it.each([
    `fw_${token.slice(0, 24)}`,
    `tgp_v1_${token}`,
    `csk-${token}`,
    `nvapi-${token}`,
    `tvly-dev-${token}`,
    `pcsk_4aBcD_${token}`,
    `lsv2_pt_${hex}_9f86d08188`,
    `e2b_${hex}9f86d081`,
    `fc-${hex}`,
    `pa-${token}aB3dE5fG7hJ`,
    `jina_${hex}${token}`,
    `sk_${hex}9f86d081884c7d65`,
    `bt-st-${token}`,
    `vck_${token}`,
    `sbp_${hex}9f86d081`,
    `sb_secret_${token}`,
    `whsec_${token}`,
    `xapp-1-A0123456789-1234567890123-${hex}`,
    `AQ.Ab8${token}`,
    `ntn_${token}aB3dE5fG7hJ9`,
    `hvs.${token}`,
    `dp.st.dev.${token}`,
    `sntrys_${token}`,
    `glsa_${token}_a1b2c3d4`,
    `SK${hex}`,
    `123456789:AAH${token}`,
    `MTE2NzY0MDEyMzQ1Njc4OTAxMg.GabcdE.${token}`,
    `sl_${token}`,
    `eyJhbGciOiJSU0EtT0FFUCJ9.${token}.${token.slice(0, 16)}.${token}.${token.slice(0, 22)}`,
  ])('masks the key %s wherever it stands', (key) => {
    for (const text of [
      key,
      `failed with ${key}.`,
      JSON.stringify({ note: [key] }),
      `?k=${encodeURIComponent(key)}`,
    ])
      expect(mask(text)).not.toContain(key.slice(-16));
  });

  it.each([
    'At 2026-11-21T10:20:30.123Z, version 1.2.3.4.5',
    'on 2026-11-21 10:20:30',
    'span 1763719230123456789 took 12.5 ms',
    'card 4111 1111 1111 1112 has a wrong checksum',
    'GB29 NWBK 6016 1331 9268 18 is no IBAN',
    'max_tokens: 4096, input_tokens=12',
    'std::vector<int> and scikit sk-learn-is-a-word-here',
    'listening on 127.0.0.1:4318',
    'a plain sentence about passwords and tokens',
    'time_to_first_token: 12 ms, next-token: p2, content-type: text/plain, user_id: 7, key-value: pairs',
    'user@localhost',
    '/a%20path/50%25?page=2&next_token=12',
    'Cookie: a small biscuit. token: a piece of a word',
    '{"name":"city","value":"Bonn","tokens":5,"nextToken":"p2"}',
    '{"first":["token","type","value"]}',
    '["the secret [masked:secret]",3]',
    Buffer.from('nothing to hide in these ordinary words').toString('base64'),
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= 0af7651916cd43dd8448eb211c80319c',
    'msg_01XFDUDYJgAACzvnptvVoYEL call_abc123DEF456ghi789JKL toolu_01A09q90qw90lq917835lq9',
    'secret_santa_list_of_people_2024_final and pa-governor-signs-the-bill-of-2024-today-at-noon-x',
    'Send `Bearer <token>` and Map<Password> or <b>bold</b>, <password></password>',
    'find . -print -path x/mysql -print0 -port',
    'cp -p file to; mysql -p shop; mysql -P3306 -h db; mkdir -p a/b; ps -p 12; tar -xpf x',
    'docker run -p 8080:80 mysql; docker login registry; sshpass -e ssh -p 22 host; redis-cli -p 6379',
    '["cp","-p","file"] and ["docker","run","-p","80:80"] and ["mysql","-p"]',
    'zip it; the mysql -port option; use curl -u; curl -u ada https://x.test',
    'the password is wrong, docker run -u 1000:1000 image, npm install openai@6.30.1',
  ])('leaves %j alone', (text) => {
    expect(mask(text)).toBe(text);
  });

  it('masks by key name inside JSON in strings, at any depth of quoting', () => {
    const inner = JSON.stringify({ password: 'x1', note: 'mail a@b.co' });
    const outer = JSON.stringify({ payload: inner, id: 5 });
    const masked = JSON.parse(mask(outer)) as { payload: string; id: number };
    expect(JSON.parse(masked.payload)).toEqual({ password: '[masked:secret]', note: 'mail [masked:email]' });
    expect(masked.id).toBe(5);
  });

  it('keeps the digits of large integers in JSON it rewrites', () => {
    expect(mask('{"id":1763719230123456789,"token":"abc"}')).toBe(
      '{"id":1763719230123456789,"token":"[masked:secret]"}',
    );
  });

  it('masks secrets in JSON that was cut off', () => {
    expect(mask('{"user":"u","password":"hunter2","more":"te')).toBe(
      '{"user":"u","password":"[masked:secret]","more":"te',
    );
  });

  it('applies rules and key names of the user, with their validator', () => {
    const own = createMaskText({
      keys: ['employee-no'],
      rules: [{ name: 'badge', pattern: /B-\d{4}/, validate: (match) => match !== 'B-0000' }],
    });
    expect(own('badge B-1234 and B-0000')).toBe('badge [masked:badge] and B-0000');
    expect(own('{"employeeNo":7}')).toBe('{"employeeNo":"[masked:secret]"}');
  });

  it('refuses a rule whose pattern can run away', () => {
    expect(() => createMaskText({ rules: [{ name: 'bad', pattern: /(a+)+$/ }] })).toThrow(
      /repeats a repetition/,
    );
    expect(() => createMaskText({ rules: [{ name: 'bad', pattern: /(x)\1/ }] })).toThrow(/backreference/);
  });

  it('can switch a built-in rule off', () => {
    expect(createMaskText({ disable: ['email'] })('a@b.co is here')).toBe('a@b.co is here');
  });

  it.each([
    '@',
    'a@',
    '1 ',
    '1-',
    'sk-',
    'a:',
    '::',
    '{"',
    '0.',
    'A1',
    'password=',
    'eyJ',
    '<a>',
    '-u a:',
    'password is ',
    'mysql -pa ',
    'mysql "',
    'mysql -p\\\\',
    "sshpass -p '",
    '"docker", "login", ',
    'curl -u a',
    'Qm9u',
    'secret_a',
    '<token>a',
    '%40',
    '?a=',
    '?',
    '&x=+',
    'cookie: a',
    '"token"',
    '["',
    'authorization: a ',
    'authorization: a b=c, ',
    'a=b,',
    'a-b: ',
    'a_',
    'token="',
  ])('takes linear time on a megabyte of %j', (piece) => {
    const started = performance.now();
    mask(piece.repeat(Math.ceil(1_000_000 / piece.length)));
    expect(performance.now() - started).toBeLessThan(1500);
  });
});

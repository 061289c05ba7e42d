// Knows nothing of Sightline; CommonJS.
const pg = require('pg');

const client = new pg.Client({ connectionString: process.env.POSTGRES });
void (async () => {
  await client.connect();
  console.log((await client.query('select 42 as sum')).rows[0].sum);
  await client.end();
})();

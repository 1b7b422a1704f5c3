/** Of run records, as schema/run.v1.schema.json describes them. */
export const RUN_MIME = 'application/vnd.sluice.run.v1+json'

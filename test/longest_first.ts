import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, most of it waiting: begun first, so that the run does not end with one of them alone. */
const LONGEST = [
  'test/product/kill.test.ts',
  'test/stream/cuts.test.ts',
  'test/e2e/every_page.test.ts',
  'test/e2e/app.test.ts',
  'test/e2e/product.test.ts',
  'test/store/embedded.test.ts',
  'test/jobs/jobs.test.ts',
  'test/tracking/machines.test.ts',
  'test/tracking/roles.test.ts',
];

const placeOf = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((path) => moduleId.endsWith(path));
  return at < 0 ? LONGEST.length : at;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

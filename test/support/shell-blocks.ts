/** What a document has a person type. */
export interface ShellBlock {
  /** The heading of the second level that it stands under. */
  readonly heading: string;
  /** Its place among those under that heading, from 0. */
  readonly at: number;
  readonly script: string;
}

/** The shell blocks of a document, in their order. @param path below the project's root */
export async function shellBlocks(path: string): Promise<readonly ShellBlock[]> {
  const text = await Bun.file(`${import.meta.dir}/../../${path}`).text();
  return text.split(/^## /m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1);
    const found = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
    return found.map(([, script = ''], at) => ({ heading, at, script }));
  });
}

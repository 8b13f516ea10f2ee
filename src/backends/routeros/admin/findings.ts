import type { NqnNaming } from '../../../core/storage/nqn.ts';
import { slotFor, type VolumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import type { FileRecord } from '../records/file-record.ts';
import { recallName, storeName } from '../records/stored-name.ts';
import type { VolumeRecord } from '../records/volume-record.ts';
import type { Evidence, PlaceEvidence } from './evidence.ts';

/** What of a volume does not fit together, in words; an empty list: all fits. */
export function findings(evidence: Evidence, naming: NqnNaming, clusterId: string): string[] {
  const { disk, comment, own, elsewhere } = evidence;
  const others = elsewhere.map(({ place, recordFile }) =>
    recordFile.state === 'deleted'
      ? `pool ${place.pool} has what is left of its deletion at ${place.image}; the next deletion or creation removes it`
      : `pool ${place.pool} has an image or a record of its name at ${place.image} that no disk item uses`,
  );
  if (!disk) return ['there is no disk item: see `rose-csi volumes recover`', ...others];
  const record = comment?.state === 'ok' ? comment.record : undefined;
  return [
    ...ofComment(evidence),
    ...(own ? ofPlace(own, evidence, record, clusterId) : [`its image is not a file of ours: ${disk.path}`]),
    ...(record ? ofExport(evidence.id, disk, record, naming) : []),
    ...others,
  ];
}

function ofComment({ comment, disk }: Evidence): string[] {
  switch (comment?.state) {
    case 'edited':
      return [
        disk?.comment === ''
          ? 'its comment was removed: see `rose-csi volumes repair`'
          : 'its comment is not as the driver wrote it: see `rose-csi volumes repair`',
      ];
    case 'newer':
      return [`its record has format ${comment.format}, which a newer version of this driver wrote`];
    case 'other-cluster':
      return ["its record is another cluster's"];
    case 'foreign':
      return ['it is no volume of this driver'];
    default:
      return [];
  }
}

function ofPlace(
  { image, place, recordFile }: PlaceEvidence,
  { disk, slot }: Evidence,
  record: VolumeRecord | undefined,
  clusterId: string,
): string[] {
  const found: string[] = [];
  if (!image) found.push(`there is no image at ${place.image}`);
  else if (image.bytes !== undefined && disk && image.bytes !== disk.bytes) {
    found.push(`the disk item has ${disk.bytes} bytes, its image ${image.bytes}`);
  }
  switch (recordFile.state) {
    case 'absent':
      return [
        ...found,
        `there is no record beside the image (${place.record}): see \`rose-csi volumes repair\``,
      ];
    case 'deleted':
      return [...found, 'its deletion was begun, and its disk item is still there'];
    case 'unreadable':
      return [...found, `the record beside the image (${place.record}) is not as the driver wrote it`];
    case 'record':
      return [...found, ...differences(recordFile.record, slot, clusterId, record)];
  }
}

function differences(
  file: FileRecord,
  slot: string,
  clusterId: string,
  record: VolumeRecord | undefined,
): string[] {
  const beside = 'the record beside the image';
  return [
    file.slot !== slot && `${beside} is that of slot ${file.slot}`,
    file.cluster !== clusterId && `${beside} is of cluster ${file.cluster}`,
    file.wiping !== undefined &&
      `${beside} says that it is being wiped, and its image is another by now: see \`rose-csi volumes repair\``,
    file.encrypted !== record?.encrypted &&
      record !== undefined &&
      `${beside} says ${file.encrypted ? 'encrypted' : 'not encrypted'}, the comment the reverse`,
    file.imported === undefined &&
      slotFor(file.cluster, file.name) !== file.slot &&
      `${beside} names ${JSON.stringify(file.name)}, which is not the name behind its slot`,
    record !== undefined &&
      file.port !== record.port &&
      `${beside} has port ${file.port}, the comment ${record.port}`,
    record !== undefined &&
      storeName(file.name) !== record.name &&
      `${beside} names ${JSON.stringify(file.name)}, the comment ${JSON.stringify(recallName(record.name))}`,
    record !== undefined &&
      file.provisioning !== record.provisioning &&
      `${beside} says ${file.provisioning}, the comment ${record.provisioning}`,
  ].filter((finding) => finding !== false);
}

function ofExport(id: VolumeId, disk: DiskRow, record: VolumeRecord, naming: NqnNaming): string[] {
  const { epoch } = record;
  if (epoch === undefined) {
    return disk.exported ? ['the appliance exports it, and its record says that nobody uses it'] : [];
  }
  if (!disk.exported) {
    return [
      'its record says that it is used, and the appliance does not export it; its next publication does',
    ];
  }
  const nqn = naming.forExport(id, epoch);
  return [
    disk.nqn !== nqn && `it is exported as ${disk.nqn}, and its record says ${nqn}`,
    disk.port !== record.port && `it is exported on port ${disk.port}, and its record says ${record.port}`,
  ].filter((finding) => finding !== false);
}

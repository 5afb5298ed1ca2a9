package run

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// NewID returns a run id: "r" and 16 letters and digits, which sort by time and
// fit into a role session name.
func NewID(now time.Time) string {
	var raw [10]byte
	var clock [8]byte
	binary.BigEndian.PutUint64(clock[:], uint64(now.UnixMilli())) // times are after 1970
	copy(raw[:6], clock[2:])                                      // five bytes would start over in 2039
	_, _ = rand.Read(raw[6:])                                     // never fails, see crypto/rand
	// The extended alphabet keeps the order of the bytes.
	return "r" + strings.ToLower(base32.HexEncoding.EncodeToString(raw[:]))
}

// InBatch is NewID for runs that are known by a common beginning: what their
// notes say is then the same, and one call can say it. An empty batch is NewID.
func InBatch(batch string, now time.Time) string {
	if batch == "" {
		return NewID(now)
	}
	var raw [5]byte
	_, _ = rand.Read(raw[:]) // never fails, see crypto/rand
	return InBatchPrefix(batch) + strings.ToLower(base32.HexEncoding.EncodeToString(raw[:]))
}

// InBatchPrefix is what the ids of all runs of a batch begin with, and no other ids do.
func InBatchPrefix(batch string) string { return batch + batchMark }

// batchMark ends the batch in the id of a run; no batch has it.
const batchMark = "-"

// Batch is what the ids of two runs have in common if they are of one batch.
func Batch(id string) string {
	batch, _, _ := strings.Cut(id, batchMark)
	return batch
}

package policydoc

import "github.com/salve-security/salve/internal/fault"

// frame is what a document has around its statements, at the least.
const frame = len(`{"Version":"2012-10-17","Statement":[]}`)

// Fits refuses statements that AWS would take in no document of so many bytes, before
// anything is written. It counts the least they can take: AWS decides what is near.
func (s State) Fits(most int) error {
	size := frame + max(len(s)-1, 0) // commas
	for _, raw := range s {
		text, err := released(raw)
		if err != nil {
			return err
		}
		size += len(canonical(text))
	}
	if size <= most {
		return nil
	}
	return fault.New(fault.Refused, "the policy would take %d bytes, and AWS takes %d: shorten its other statements by %d",
		size, most, size-most)
}

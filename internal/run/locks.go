package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxLocks is how many resource roots a run may hold at a time. All of them are
// taken in one transaction, and runs are closed many together.
const MaxLocks = 8

// ErrLocks says that a run names no lock, an empty one, or too many: a mistake in
// the control that declares them.
var ErrLocks = errors.New("the control has a defect: a run locks 1 to 8 resource roots, each with a name")

// Lock is the name of a lock on a resource root. An ARN is of no scope: the root
// of a run in one Region may be a resource of another.
func Lock(k Key, root string) string {
	if strings.HasPrefix(root, "arn:") {
		return k.Account + "#" + root
	}
	return k.Account + "#" + k.Scope + "#" + root
}

// SortLocks brings the locks of a run into the form in which they are kept:
// sorted, each once. ErrLocks says that they cannot be claimed.
func (r *Run) SortLocks() error {
	r.Locks = slices.Compact(slices.Sorted(slices.Values(r.Locks)))
	if n := len(r.Locks); n == 0 || n > MaxLocks || r.Locks[0] == "" {
		return fmt.Errorf("%w: it names %d, %q", ErrLocks, n, r.Locks)
	}
	return nil
}

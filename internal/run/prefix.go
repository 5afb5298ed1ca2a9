package run

import (
	"strings"
	"time"
)

const (
	clockBits  = 48 // of an id, its time in milliseconds
	perDigit   = 5  // bits of one of its digits
	leastOfID  = 5  // digits name a time of two hours and a half
	digitsOfID = 16
	// unclaimed is how long after its invocation began a run may be created, which has the invocation's time in its id.
	unclaimed = 5 * time.Minute
)

// Began are the times between which runs were created whose ids begin so: ids begin with the time. It is false for what
// is no such beginning, or for one too short to look through all the runs it may mean.
func Began(prefix string) (since, until time.Time, ok bool) {
	digits, _, _ := strings.Cut(strings.TrimPrefix(prefix, "r"), batchMark)
	if len(digits) < leastOfID || len(digits) > digitsOfID || prefix == digits {
		return since, until, false
	}
	var clock uint64
	bits := 0
	for _, digit := range strings.ToUpper(digits) {
		value := strings.IndexRune(hexDigits, digit)
		if value < 0 {
			return since, until, false
		}
		if bits < clockBits {
			clock, bits = clock<<perDigit|uint64(value), bits+perDigit
		}
	}
	first, width := clock, uint64(1)
	if left := clockBits - bits; left >= 0 {
		first, width = clock<<left, uint64(1)<<left
	} else {
		first >>= -left
	}
	since = time.UnixMilli(int64(first)).UTC()
	return since, time.UnixMilli(int64(first + width)).UTC().Add(unclaimed), true
}

// hexDigits are the digits of ids in their order, see base32.HexEncoding.
const hexDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"

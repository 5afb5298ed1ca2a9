package fault_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/fault"
)

func TestRetryAfter(t *testing.T) {
	base := errors.New("busy")
	said := func(pairs ...string) error {
		header := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			header.Set(pairs[i], pairs[i+1])
		}
		return status(503, header, base)
	}
	const sent, then = "Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 10:00:30 GMT"
	tests := map[string]struct {
		err  error
		want time.Duration
	}{
		"nil":             {nil, 0},
		"nobody said":     {base, 0},
		"no response":     {&smithyhttp.ResponseError{Err: base}, 0},
		"no header":       {said(), 0},
		"seconds":         {said("Retry-After", "7"), 7 * time.Second},
		"negative":        {said("Retry-After", "-7"), 0},
		"for days":        {said("Retry-After", "99999999999"), 15 * time.Minute},
		"nonsense":        {said("Retry-After", "soon"), 0},
		"a date":          {said("Retry-After", then, "Date", sent), 30 * time.Second},
		"a date, no Date": {said("Retry-After", then), 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.RetryAfter(tc.err); got != tc.want {
				t.Errorf("RetryAfter = %v, want %v", got, tc.want)
			}
		})
	}
}

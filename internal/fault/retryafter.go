package fault

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxRetryAfter is as long as the back-off of a deferral gets; a server cannot make us wait for days.
const maxRetryAfter = 15 * time.Minute

// RetryAfter returns how long the Retry-After header of the answer asks to wait, at most 15 minutes. It is 0
// when nobody said, and the caller's own back-off decides.
func RetryAfter(err error) time.Duration {
	answer := new(smithyhttp.ResponseError)
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return 0
	}
	header := answer.Response.Header
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return clamp(time.Duration(min(max(seconds, 0), int(maxRetryAfter/time.Second))) * time.Second)
	}
	// As a date it is compared with the server's own clock, which the same answer carries.
	until, err1 := http.ParseTime(value)
	sent, err2 := http.ParseTime(header.Get("Date"))
	if err1 != nil || err2 != nil {
		return 0
	}
	return clamp(until.Sub(sent))
}

func clamp(wait time.Duration) time.Duration {
	return min(max(wait, 0), maxRetryAfter)
}

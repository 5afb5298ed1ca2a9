package hub

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/note"
)

const (
	tries = 3 // the SDK repeats calls, but not the single items AWS refuses inside a good answer
	pause = 200 * time.Millisecond
)

// answer is what is not written after a call, and which of it is worth another try at once.
type answer struct {
	failed map[identifier]error
	again  []identifier
}

// write sends the group, repeats the items AWS was too busy for, and returns what is not written and why.
func (c *Client) write(ctx context.Context, g group) map[identifier]error {
	failed := map[identifier]error{}
	for try := 1; ; try++ {
		got := c.call(ctx, g)
		for _, f := range g.findings {
			delete(failed, f)
		}
		maps.Copy(failed, got.failed)
		if len(got.again) == 0 || try == tries || !wait(ctx, time.Duration(try)*pause) {
			return failed
		}
		g.findings = got.again
	}
}

// call sends one call. When AWS rejects the call as a whole as malformed, one bad identifier must not
// cost the others their note: the group is halved until the bad one is alone.
func (c *Client) call(ctx context.Context, g group) answer {
	out, err := c.in(g.region).BatchUpdateFindings(ctx, g.input())
	if err == nil {
		return refused(g, out.UnprocessedFindings)
	}
	half := len(g.findings) / 2
	if fault.Of(err) != fault.Invalid || half == 0 {
		return answer{failed: all(g, err)}
	}
	got := c.call(ctx, group{g.message, g.findings[:half]})
	rest := c.call(ctx, group{g.message, g.findings[half:]})
	maps.Copy(got.failed, rest.failed)
	got.again = append(got.again, rest.again...)
	return got
}

// refused sorts the items AWS did not process.
func refused(g group, items []types.BatchUpdateFindingsUnprocessedFinding) answer {
	got := answer{failed: map[identifier]error{}}
	for _, item := range items {
		if item.FindingIdentifier == nil || aws.ToString(item.FindingIdentifier.Id) == "" {
			// Whose refusal it is cannot be told; better told twice than never.
			return answer{failed: all(g, fault.New(fault.Retry, "AWS refused a finding without naming it"))}
		}
		f := identifier{aws.ToString(item.FindingIdentifier.Id), aws.ToString(item.FindingIdentifier.ProductArn)}
		got.failed[f] = refusal(item)
		if fault.Of(got.failed[f]) == fault.Retry {
			got.again = append(got.again, f)
		}
	}
	return got
}

// refusal makes of an item the error the SDK would make of a call, so that it is classified alike.
func refusal(item types.BatchUpdateFindingsUnprocessedFinding) error {
	err := &smithy.OperationError{
		ServiceID: "SecurityHub", OperationName: "BatchUpdateFindings",
		Err: &smithy.GenericAPIError{Code: aws.ToString(item.ErrorCode), Message: aws.ToString(item.ErrorMessage)},
	}
	if fault.Of(err) == fault.Gone {
		return fmt.Errorf("%w: %w", note.ErrNotFound, err)
	}
	return err
}

// all gives every finding of the group the same error.
func all(g group, err error) map[identifier]error {
	failed := make(map[identifier]error, len(g.findings))
	for _, f := range g.findings {
		failed[f] = err
	}
	return failed
}

// wait pauses and says whether there is time left to go on.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

package resource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// What CloudFormation takes: of an answer in bytes, and of what an output of a stack may show.
// Source: CloudFormation user guide, custom resource response objects, and quotas.
const (
	maxAnswer = 4096
	maxOutput = 1000
)

// How often the answer is tried; the pauses double. All of it fits in Margin.
const (
	tries      = 4
	firstPause = time.Second
	tryFor     = 8 * time.Second
)

// answer sends it. cfn.LambdaWrap would too, and does not do here: it sends once and without a limit of time, neither
// cuts a reason that is too long, and hands on errors and logs in which the URL stands: whoever has it may answer.
func (h Handler) answer(ctx context.Context, event cfn.Event, a answer) error {
	r := cfn.NewResponse(&event)
	r.Status, r.PhysicalResourceID, r.Reason = a.status, a.id, a.text
	if r.PhysicalResourceID == "" { // an answer without one counts for nothing
		r.PhysicalResourceID = "salve-organization/" + event.LogicalResourceID + unfinished
	}
	if a.status == cfn.StatusSuccess {
		r.Data = map[string]any{"Open": strconv.Itoa(a.open), "Summary": plain.Cut(a.text, maxOutput)}
	}
	body, err := fitted(r)
	if err != nil {
		return err
	}
	pause := firstPause
	for n := 1; ; n++ {
		again, err := h.put(ctx, event.ResponseURL, body)
		if err == nil {
			return nil
		}
		if !again || n == tries || h.Sleep(ctx, pause) != nil {
			return fmt.Errorf("answer CloudFormation: %w", err)
		}
		pause *= 2
	}
}

// fitted is the answer in JSON, its reason cut as far as needed: JSON makes some texts much longer than they are.
func fitted(r *cfn.Response) ([]byte, error) {
	whole := plain.Line(r.Reason)
	tooLong := sort.Search(plain.Length(whole)+1, func(n int) bool {
		r.Reason = plain.Cut(whole, n)
		body, err := encoded(r)
		return err != nil || len(body) > maxAnswer
	})
	r.Reason = plain.Cut(whole, tooLong-1)
	return encoded(r)
}

func encoded(r *cfn.Response) ([]byte, error) {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false) // six bytes for a bracket
	if err := to.Encode(r); err != nil {
		return nil, fmt.Errorf("put the answer into JSON: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// put sends it once, without a content type: the URL was signed for none. It tells whether another try may help.
func (h Handler) put(ctx context.Context, to string, body []byte) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return false, withoutURL(err)
	}
	res, err := h.HTTP.Do(req)
	if err != nil {
		return true, withoutURL(err)
	}
	_ = res.Body.Close() // what stands in it is S3's, and the status says enough
	if res.StatusCode != http.StatusOK {
		return res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests,
			fault.New(fault.Unknown, "the URL of the answer says %d", res.StatusCode)
	}
	return false, nil
}

// withoutURL takes the URL out of an error of the HTTP client.
func withoutURL(err error) error {
	if about := new(url.Error); errors.As(err, &about) {
		return about.Err
	}
	return err
}

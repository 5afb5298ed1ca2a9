// Package resource answers CloudFormation about the custom resource Custom::SalveOrganization, which does what
// salve org enable does, by the same steps.
//
// CloudFormation asks once and then waits for an answer at a URL. So whatever happens there is one, well before the
// function's time is over; and since a rollback is a Delete or another Update, neither may do harm: a Delete takes
// nothing back unless it is told to, and never what a Create had only begun.
package resource

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// Type is the resource's type in templates.
const Type = "Custom::SalveOrganization"

// Margin is what is left of the function's time, to answer in, when the work is stopped.
const Margin = 60 * time.Second

// unfinished marks the id of a resource whose creation failed. CloudFormation deletes it by this id, in a rollback,
// when nobody has asked for anything to be taken back.
const unfinished = "/unfinished"

// Handler answers requests.
type Handler struct {
	Account string // where it runs: the management account
	Region  string
	// Open opens accounts for the time of one request.
	Open func(ctx context.Context) enable.Opener
	// Known are the ARNs of all standards by Salve's keys; see enable.Wish.
	Known    map[string]string
	Services []enable.Service
	Log      func(enable.Row) // hears of each row
	Note     func(text string)
	HTTP     *http.Client
	Now      func() time.Time
	Sleep    func(ctx context.Context, d time.Duration) error
	Alarm    func(d time.Duration) <-chan time.Time
}

// Handle does what a request asks for and answers it. Its error is that there could be no answer.
func (h Handler) Handle(ctx context.Context, event cfn.Event) error {
	if event.ResponseURL == "" {
		return fault.New(fault.Invalid, "there is nobody to answer to: this function is called by CloudFormation")
	}
	a := h.work(ctx, event)
	h.Note(string(a.status) + " " + string(event.RequestType) + " " + a.id + ": " + a.text)
	return h.answer(ctx, event, a)
}

// answer is what CloudFormation hears.
type answer struct {
	status cfn.StatusType
	id     string
	text   string
	open   int // rows that need somebody
}

func (h Handler) work(ctx context.Context, event cfn.Event) answer {
	ctx, cancel := h.limited(ctx)
	defer cancel()
	switch event.RequestType {
	case cfn.RequestCreate:
		a := h.enable(ctx, event)
		a.id = "salve-organization/" + event.LogicalResourceID
		if a.status == cfn.StatusFailed {
			a.id += unfinished
		}
		return a
	case cfn.RequestUpdate:
		a := h.enable(ctx, event)
		a.id = event.PhysicalResourceID
		return a
	case cfn.RequestDelete:
		a := h.remove(ctx, event)
		a.id = event.PhysicalResourceID
		return a
	}
	return answer{
		status: cfn.StatusFailed, id: event.PhysicalResourceID,
		text: "request " + plain.Short(string(event.RequestType), 40) + " is not known",
	}
}

// limited ends the work in time for an answer. It is cancelled and not out of time: what was not tried is told apart by
// that from what AWS did not do.
func (h Handler) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	limited, cancel := context.WithCancel(ctx)
	until, ok := ctx.Deadline()
	if !ok {
		return limited, cancel
	}
	alarm := h.Alarm(until.Sub(h.Now()) - Margin)
	go func() {
		select {
		case <-alarm:
			cancel()
		case <-limited.Done():
		}
	}()
	return limited, cancel
}

func (h Handler) enable(ctx context.Context, event cfn.Event) answer {
	p, wish, err := h.read(event.ResourceProperties)
	if err != nil {
		return failed(ctx, err)
	}
	run, err := h.begin(ctx, wish, h.Open(ctx))
	if err != nil {
		return failed(ctx, err)
	}
	a := told(ctx, run.Enable(ctx), "Update the stack with another Revision to go on.")
	if a.open > 0 && !p.Strict {
		a.status = cfn.StatusSuccess
	}
	return a
}

// remove takes back what was asked to be taken back with the resource. It fails for nothing else: a stack whose
// properties were wrong must still go away.
func (h Handler) remove(ctx context.Context, event cfn.Event) answer {
	switch {
	case !takesBack(event.ResourceProperties):
		return answer{
			status: cfn.StatusSuccess,
			text:   "Nothing was switched off and nothing taken back: OnDelete is not " + withdraw + ".",
		}
	case strings.HasSuffix(event.PhysicalResourceID, unfinished):
		return answer{
			status: cfn.StatusSuccess,
			text: "Nothing was taken back, whatever OnDelete says: this resource was never created whole, and what is on may " +
				"have been on before.",
		}
	}
	_, wish, err := h.read(event.ResourceProperties)
	if err != nil {
		return failed(ctx, err)
	}
	run, err := h.begin(ctx, wish, h.Open(ctx))
	if err != nil {
		return failed(ctx, err)
	}
	return told(ctx, run.Withdraw(ctx), "Delete the stack again to go on, or keep this resource when you do.")
}

func failed(ctx context.Context, err error) answer {
	text := plain.Line(err.Error())
	if ctx.Err() != nil {
		text = "Stopped in time to answer, before anything was changed: " + text
	}
	return answer{status: cfn.StatusFailed, text: text}
}

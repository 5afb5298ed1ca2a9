// Package calls records which AWS operations a client sends, and knows the IAM
// action each of them needs.
package calls

import (
	"context"
	"sort"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// Recorder collects the operations of every client made from a configuration
// it was added to. The zero value is ready to use.
type Recorder struct {
	mu   sync.Mutex
	seen []string
}

// AddTo makes clients of cfg record into r. It changes cfg only, not the
// configuration cfg was copied from.
func (r *Recorder) AddTo(cfg *aws.Config) {
	options := append([]func(*middleware.Stack) error(nil), cfg.APIOptions...)
	cfg.APIOptions = append(options, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("SalveCalls", r.record), middleware.After)
	})
}

func (r *Recorder) record(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	call := Action(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx))
	r.mu.Lock()
	r.seen = append(r.seen, call)
	r.mu.Unlock()
	return next.HandleInitialize(ctx, in)
}

// Calls returns the IAM actions of the recorded calls, in order of the calls.
func (r *Recorder) Calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.seen...)
}

// Drain returns the recorded calls and forgets them.
func (r *Recorder) Drain() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.seen
	r.seen = nil
	return out
}

// Actions returns the IAM actions of the recorded calls, sorted and once each.
func (r *Recorder) Actions() []string {
	set := map[string]bool{}
	for _, c := range r.Calls() {
		set[c] = true
	}
	out := make([]string, 0, len(set))
	for a := range set {
		out = append(out, a)
	}
	sort.Strings(out)
	return out
}

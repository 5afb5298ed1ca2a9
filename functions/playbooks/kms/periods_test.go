package kms_test

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// withPeriods is the lab with what it lacks: it knows whether a key rotates and
// forgets how often. Everything else, rights included, is still the lab's.
type withPeriods struct {
	*playbooktest.Lab
	mu   sync.Mutex
	days map[string]*int32 // by key ARN
}

func keepPeriods(l *playbooktest.Lab) *withPeriods {
	return &withPeriods{Lab: l, days: map[string]*int32{}}
}

// Root is the account's root.
func (w *withPeriods) Root(account string) aws.Config { return w.with(w.Lab.Root(account)) }

// Open opens the session of a run.
func (w *withPeriods) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	cfg, err := w.Lab.Open(ctx, r)
	return w.with(cfg), err
}

func (w *withPeriods) with(cfg aws.Config) aws.Config {
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		// Behind the suite's own middleware, which plays lost answers: AWS would remember those periods too.
		return s.Serialize.Add(middleware.SerializeMiddlewareFunc("Periods", w.handle), middleware.Before)
	})
	return cfg
}

func (w *withPeriods) handle(
	ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
) (middleware.SerializeOutput, middleware.Metadata, error) {
	out, meta, err := next.HandleSerialize(ctx, in)
	if err != nil {
		return out, meta, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch in := in.Parameters.(type) {
	case *kms.EnableKeyRotationInput:
		w.days[aws.ToString(in.KeyId)] = in.RotationPeriodInDays
	case *kms.GetKeyRotationStatusInput:
		if status, ok := out.Result.(*kms.GetKeyRotationStatusOutput); ok && status.KeyRotationEnabled {
			status.RotationPeriodInDays = w.days[aws.ToString(in.KeyId)]
		}
	}
	return out, meta, nil
}

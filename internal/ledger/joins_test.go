package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/run"
)

// TestRunThatWaitsAndCannotBeRead: a run that was stored waits, whether or not it can be read after that. Its process
// has still to say so, and a message that is tried again would find nothing left to say.
func TestRunThatWaitsAndCannotBeRead(t *testing.T) {
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Unread", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if _, reads := in.Parameters.(*dynamodb.GetItemInput); reads {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errors.New("no answer")
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	book := open()
	book.DB = dynamodb.NewFromConfig(cfg)
	r.Lease, r.Due = ledgertest.Began(), ledgertest.Began().Add(ledgertest.Retry)
	if err := book.Await(t.Context(), r, ledgertest.Began()); err != nil {
		t.Error(err)
	}
	if stored := bench().MustGet(t, r.ID); !stored.Lease.Equal(r.Lease) {
		t.Errorf("the run does not wait: lease %v", stored.Lease)
	}
	bench().Forget(t, r.ID)
}

// TestJoinsARunThatBeginsToWait: a person who has read a run while a process was at it, and joins it after that process
// has let it wait, takes it over: nobody else would tell him.
func TestJoinsARunThatBeginsToWait(t *testing.T) {
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	bench().MustClaim(t, r, ledgertest.Ask("e-f1", 0), run.Claimed)
	var once sync.Once
	cfg := world.Orchestrator()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Meanwhile", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if _, joins := in.Parameters.(*dynamodb.UpdateItemInput); joins {
				once.Do(func() {
					r.Lease, r.Due = ledgertest.Began(), ledgertest.Began().Add(ledgertest.Retry)
					if err := bench().Await(ctx, r, ledgertest.Began()); err != nil {
						t.Error(err)
					}
				})
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	book := open()
	book.DB = dynamodb.NewFromConfig(cfg)
	click := ledgertest.Work(t, "S3.8", "a", "two", "f1")
	click.Trigger, click.Actor, click.Mode = run.TriggerClick, "unattributed", "plan"
	claim, err := book.Claim(t.Context(), click, ledgertest.Ask("e-click", 0))
	if err != nil {
		t.Fatal(err)
	}
	if claim.Verdict != run.Claimed || claim.Run.ID != r.ID || claim.Run.Trigger != run.TriggerClick {
		t.Errorf("%s, run %+v: want run %s taken over for the person", claim.Verdict, claim.Run, r.ID)
	}
	bench().Forget(t, r.ID)
}

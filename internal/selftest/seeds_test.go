package selftest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/selftest"
)

// TestSeedsKilledAtEachCall cuts the making of each seed at each of its calls to the lab, before it happened and after:
// a clean finds what is there by then, tagged or not.
func TestSeedsKilledAtEachCall(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	whole := l.Config(lab.DefaultHub, l.Region())
	for _, seed := range selftest.Seeds() {
		token := "r" + strings.ToLower(strings.ReplaceAll(seed.Control, ".", ""))
		for at := range callsOf(t, seed, whole, token) {
			for _, lost := range []bool{false, true} {
				made := 0
				cut := through(whole, func(next func() error) error {
					if made++; made > at+1 || made == at+1 && !lost {
						return errStruck
					}
					if err := next(); err != nil || made <= at {
						return err
					}
					return errStruck
				})
				if _, err := seed.Make(t.Context(), cut, selftest.Name(token, seed)); err == nil {
					t.Fatalf("%s was made in %d calls, none of which was struck", seed.Control, made)
				}
				swept(t, whole, seed, token)
			}
		}
	}
}

// through is a configuration each call of which goes through a function.
func through(cfg aws.Config, do func(next func() error) error) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("through", func(ctx context.Context,
			in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, data middleware.Metadata, err error) {
			err = do(func() (err error) {
				out, data, err = next.HandleInitialize(ctx, in)
				return err
			})
			return out, data, err
		}), middleware.Before)
	})
	return cfg
}

// callsOf is how many calls an undisturbed making takes, after which nothing is left either.
func callsOf(t *testing.T, seed selftest.Seed, whole aws.Config, token string) (calls int) {
	t.Helper()
	heard := through(whole, func(next func() error) error {
		calls++
		return next()
	})
	if _, err := seed.Make(t.Context(), heard, selftest.Name(token, seed)); err != nil {
		t.Fatal(err)
	}
	swept(t, whole, seed, token)
	return calls
}

// swept cleans up after a test of that token, and wants nothing left of its seed.
func swept(t *testing.T, cfg aws.Config, seed selftest.Seed, token string) {
	t.Helper()
	w := newWorld()
	s := w.sandbox(token)
	s.Test.Seeds, s.Test.Config = []selftest.Seed{seed}, cfg
	if err := s.Diary.Write(t.Context(), selftest.Journal{Version: 1, Token: token, Stamp: token}); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Clean(t.Context()); err != nil {
		t.Fatalf("%v, %v", left, err)
	}
	if found, err := seed.Family.Find(t.Context(), cfg); err != nil || len(found) > 0 {
		t.Errorf("%s: %v, %v", token, found, err)
	}
	all, err := s3.NewFromConfig(cfg, lab.PathStyle).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all.Buckets {
		if strings.HasPrefix(aws.ToString(b.Name), selftest.Prefix) {
			t.Errorf("%s: bucket %s is left, without its tag", token, aws.ToString(b.Name))
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/release"
	"github.com/salve-security/salve/internal/wire"
)

// bench is what the parts share: the function, built once, and the lab with
// Salve deployed in it, started when a part first needs it.
type bench struct {
	program []byte // built for this machine
	dir     string

	lab      *lab.Lab
	env      map[string]string
	ready    time.Duration // until the lab answered
	deployed time.Duration // until the stacks stood
	buckets  int
	tapped   string // URL of the queue that gets the events, empty while the deployed function gets them
}

func newBench(ctx context.Context) (*bench, error) {
	program, err := release.Build(ctx, release.Options{
		Package: release.Function, Platform: release.Lambda(runtime.GOARCH), Version: "bench",
	})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "salve-bench-")
	if err != nil {
		return nil, fmt.Errorf("no temporary folder: %w", err)
	}
	b := &bench{program: program, dir: dir}
	if err := os.WriteFile(b.path(), program, 0o700); err != nil {
		return nil, fmt.Errorf("store the function: %w", err)
	}
	return b, nil
}

func (b *bench) path() string { return filepath.Join(b.dir, "bootstrap") }

func (b *bench) close() error {
	err := os.RemoveAll(b.dir)
	if b.lab != nil {
		err = errors.Join(err, b.lab.Close())
	}
	return err
}

// world starts the lab and deploys Salve as people deploy it, with control
// S3.8 in mode auto.
func (b *bench) world(ctx context.Context) error { return b.telling(ctx, names.DigestEvery) }

// telling is world, with successes collected for so long before people hear of them.
func (b *bench) telling(ctx context.Context, digest time.Duration) error {
	if b.lab != nil {
		return nil
	}
	began := time.Now()
	l, err := lab.Start(ctx, lab.Options{})
	if err != nil {
		return err
	}
	b.lab, b.ready = l, time.Since(began)
	outputs, err := stage.Deploy(ctx, l, stage.Options{Program: b.program, Digest: digest})
	if err != nil {
		return err
	}
	b.env, b.deployed = stage.Env(outputs), time.Since(began)
	book, err := b.ledger()
	if err != nil {
		return err
	}
	return book.PushConfig(ctx, gate.Push{Doc: `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`})
}

func (b *bench) hub() aws.Config { return b.lab.Config(b.lab.Hub(), b.lab.Region()) }

func (b *bench) ledger() (ledger.Ledger, error) {
	settings, err := wire.FromEnv(func(name string) string { return b.env[name] })
	if err != nil {
		return ledger.Ledger{}, err
	}
	return wire.Ledger(b.hub(), settings), nil
}

// open makes n buckets without a public access block in a member and returns
// findings about them, which Security Hub does not know yet.
func (b *bench) open(ctx context.Context, account string, n int) ([]types.AwsSecurityFinding, error) {
	client := b.lab.S3(account)
	var found []types.AwsSecurityFinding
	for range n {
		b.buckets++
		name := fmt.Sprintf("bench-%04d", b.buckets)
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
			return nil, fmt.Errorf("make bucket %s: %w", name, err)
		}
		f, err := labhub.SDKFinding(b.spec(account, name))
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

// spec is a finding about a bucket that does not block public access.
func (b *bench) spec(account, bucket string) labhub.FindingSpec {
	return labhub.FindingSpec{
		Control: "S3.8", Title: "S3 general purpose buckets should block public access", Consolidated: true,
		Severity: "HIGH", Account: account, Region: b.lab.Region(), At: time.Now(), Status: "FAILED",
		Resource: "arn:aws:s3:::" + bucket, ResourceType: "AwsS3Bucket",
	}
}

// report hands findings to Security Hub, which sends an event for each.
func (b *bench) report(ctx context.Context, findings []types.AwsSecurityFinding) error {
	client := securityhub.NewFromConfig(b.hub())
	for len(findings) > 0 {
		n := min(len(findings), 100)
		out, err := client.BatchImportFindings(ctx, &securityhub.BatchImportFindingsInput{Findings: findings[:n]})
		if err != nil {
			return fmt.Errorf("report findings: %w", err)
		}
		if aws.ToInt32(out.FailedCount) > 0 {
			return fmt.Errorf("refused by Security Hub: %d findings", *out.FailedCount)
		}
		findings = findings[n:]
	}
	return nil
}

// count tells how many findings have a workflow status.
func (b *bench) count(ctx context.Context, status types.WorkflowStatus) (int, error) {
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(b.hub()), &securityhub.GetFindingsInput{
		MaxResults: aws.Int32(100),
		Filters: &types.AwsSecurityFindingFilters{WorkflowStatus: []types.StringFilter{
			{Value: aws.String(string(status)), Comparison: types.StringFilterComparisonEquals},
		}},
	})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("count findings: %w", err)
		}
		n += len(page.Findings)
	}
	return n, nil
}

// patience is how long the chain may take before the bench calls a finding lost.
const patience = 5 * time.Minute

// until looks at done again and again.
func until(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain: %w", patience, ctx.Err())
		}
	}
}

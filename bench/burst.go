package main

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/lab"
)

const burstSize = 500

// measureBurst lets Security Hub report 500 findings of the hub and two members at
// once to the deployed chain.
func measureBurst(ctx context.Context, b *bench) ([]row, error) {
	if err := b.world(ctx); err != nil {
		return nil, err
	}
	before, err := b.count(ctx, types.WorkflowStatusResolved)
	if err != nil {
		return nil, err
	}
	var findings []types.AwsSecurityFinding
	accounts := append(b.lab.Members(), b.lab.Hub())
	for i, account := range accounts {
		some, err := b.open(ctx, account, burstSize*(i+1)/len(accounts)-burstSize*i/len(accounts))
		if err != nil {
			return nil, err
		}
		findings = append(findings, some...)
	}
	b.lab.ClearCalls()
	used, err := b.processorTime()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := b.report(ctx, findings); err != nil {
		return nil, err
	}
	err = until(ctx, 200*time.Millisecond, func() (bool, error) {
		n, err := b.count(ctx, types.WorkflowStatusNew)
		return n == 0, err
	})
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	after, err := b.processorTime()
	if err != nil {
		return nil, err
	}
	calls := b.ours()
	fate, err := b.fate(ctx, before, calls)
	if err != nil {
		return nil, err
	}
	return []row{
		{
			what: fmt.Sprintf("burst of %d findings in %d accounts through the deployed chain", burstSize, len(accounts)),
			goal: "none lost, none twice, ≥ 15 a second", value: fmt.Sprintf("%s; %s, %.1f a second", fate, seconds(took),
				burstSize/took.Seconds()),
		},
		{what: "what limits the burst: processor time of each program", value: share(used, after, took)},
		{what: "what limits the burst: time of a call inside the emulators, median, p95", value: waiting(calls)},
	}, nil
}

// fate says how many findings of the burst were lost and how many buckets were written more than once.
func (b *bench) fate(ctx context.Context, before int, calls []lab.Entry) (string, error) {
	resolved, err := b.count(ctx, types.WorkflowStatusResolved)
	if err != nil {
		return "", err
	}
	writes := 0
	for _, call := range calls {
		if call.Operation == "PutPublicAccessBlock" {
			writes++
		}
	}
	return fmt.Sprintf("%d lost, %d writes for %d buckets", burstSize-(resolved-before), writes, burstSize), nil
}

// processorTime is what the emulators, the function's processes and this
// program, which is also the lab's endpoint, have used so far.
func (b *bench) processorTime() (map[string]time.Duration, error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return nil, fmt.Errorf("processor time of this program: %w", err)
	}
	all := map[string]time.Duration{"endpoint": time.Duration(own.Utime.Nano() + own.Stime.Nano())}
	for i, group := range b.lab.Processes() {
		used, err := groupTime(group)
		if err != nil {
			return nil, err
		}
		for name, d := range used {
			if strings.HasPrefix(name, "python") {
				name = []string{"ministack", "moto"}[i]
			}
			all[name] += d
		}
	}
	return all, nil
}

// share says which part of the machine each program had.
func share(before, after map[string]time.Duration, took time.Duration) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		parts = append(parts, fmt.Sprintf("%s %s", name, seconds(after[name]-before[name])))
	}
	return fmt.Sprintf("%s, in %s on %d cores", strings.Join(parts, ", "), seconds(took), runtime.NumCPU())
}

func waiting(calls []lab.Entry) string {
	var took []time.Duration
	var sum time.Duration
	for _, call := range calls {
		took = append(took, call.Took)
		sum += call.Took
	}
	return fmt.Sprintf("%s, %s; %d calls, together %s", ms(quantile(took, 0.5)), ms(quantile(took, 0.95)), len(calls),
		seconds(sum))
}

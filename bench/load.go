package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// prepared brings up the lab and a function that the bench serves with n
// findings in batches.
func (b *bench) prepared(ctx context.Context, n int) (*function, []string, error) {
	if err := b.world(ctx); err != nil {
		return nil, nil, err
	}
	if err := b.tap(ctx); err != nil {
		return nil, nil, err
	}
	batches, err := b.batches(ctx, b.lab.Members()[0], n)
	if err != nil {
		return nil, nil, err
	}
	b.lab.ClearCalls()
	f, err := b.serve(ctx)
	return f, batches, err
}

// measureBatch counts the calls of ten findings about ten buckets that arrive together.
func measureBatch(ctx context.Context, b *bench) ([]row, error) {
	f, batches, err := b.prepared(ctx, batchSize)
	if err != nil {
		return nil, err
	}
	if err := feed(ctx, f, batches); err != nil {
		return nil, err
	}
	calls, blocks := apart(b.ours(), batchSize)
	if _, err := f.stop(); err != nil {
		return nil, err
	}
	return []row{{
		what:  fmt.Sprintf("AWS calls a finding in a batch of %d about different buckets, just started", batchSize),
		value: fmt.Sprintf("%.1f (%s)%s", float64(len(calls))/batchSize, list(calls), blocks), goal: "≤ 7.3",
	}}, nil
}

const loadSize = 200

// measureLoad lets one process fix 200 buckets and takes its processor time and memory.
func measureLoad(ctx context.Context, b *bench) ([]row, error) {
	f, batches, err := b.prepared(ctx, loadSize)
	if err != nil {
		return nil, err
	}
	if err := feed(ctx, f, batches); err != nil {
		return nil, err
	}
	peak, err := peakMemory(f.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	used, err := f.stop()
	if err != nil {
		return nil, err
	}
	left, err := b.count(ctx, types.WorkflowStatusNew)
	if err != nil {
		return nil, err
	}
	if left > 0 {
		return nil, fmt.Errorf("%d of %d findings were not fixed", left, loadSize)
	}
	// What people see on the dashboard must be what happened here.
	if n := verified(f.out.Bytes()); n != loadSize {
		return nil, fmt.Errorf("the metrics tell of %d fixes, want %d", n, loadSize)
	}
	return []row{
		{
			what: fmt.Sprintf("processor time of the function for a remediation, over %d", loadSize), goal: "≤ 8 ms",
			value: ms(used / loadSize),
		},
		{what: fmt.Sprintf("peak memory of the function after %d", loadSize), goal: "≤ 110 MB", value: megabytes(peak)},
	}, nil
}

// verified adds up what the function's metrics say of fixes.
func verified(printed []byte) int {
	sum := 0
	for line := range bytes.Lines(printed) {
		var doc struct {
			AWS      json.RawMessage `json:"_aws"`
			Verified int
		}
		if json.Unmarshal(line, &doc) == nil && doc.AWS != nil {
			sum += doc.Verified
		}
	}
	return sum
}

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/release"
)

const starts = 20

// idle is an event that is not for Salve: the answer needs no call.
const idle = `{"Records":[{"messageId":"m","body":"{\"source\":\"bench\",\"detail-type\":\"nothing\"}"}]}`

// idleEnv is an environment in which the function starts.
func idleEnv() []string {
	return []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=111111111111", "AWS_SECRET_ACCESS_KEY=test",
		names.EnvTable + "=salve", names.EnvNowQueueURL + "=q", names.EnvBulkQueueURL + "=b", names.EnvDeadQueueURL + "=d",
		names.EnvMemberRole + "=r", names.EnvActionARN + "=a",
	}
}

// measureStart takes the time from the start of a process to its first answer:
// what a cold start adds to what Lambda itself takes.
func measureStart(ctx context.Context, b *bench) ([]row, error) {
	var took []time.Duration
	var memory []int64
	for range starts {
		began := time.Now()
		f, err := launch(ctx, b.path(), idleEnv())
		if err != nil {
			return nil, err
		}
		got, err := f.ask(ctx, idle)
		if err != nil {
			return nil, err
		}
		if got.body != acknowledged {
			return nil, fmt.Errorf("the function answers %s", got.body)
		}
		took = append(took, got.at.Sub(began))
		peak, err := peakMemory(f.cmd.Process.Pid)
		if err != nil {
			return nil, err
		}
		memory = append(memory, peak)
		if _, err := f.stop(); err != nil {
			return nil, err
		}
	}
	return []row{
		{
			what: fmt.Sprintf("start of the function to its first answer, %d starts: median, p95", starts),
			goal: "≤ 60 ms", value: ms(quantile(took, 0.5)) + ", " + ms(quantile(took, 0.95)),
		},
		{what: "memory of the function after its first answer", goal: "≤ 80 MB", value: megabytes(slices.Max(memory))},
	}, nil
}

// measureZip builds what is released.
func measureZip(ctx context.Context, _ *bench) ([]row, error) {
	var rows []row
	for _, arch := range []string{"arm64", "amd64"} {
		program, err := release.Build(ctx, release.Options{
			Package: release.Function, Platform: release.Lambda(arch), Version: "bench",
		})
		if err != nil {
			return nil, err
		}
		code, err := release.Zip(program)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{
			what: "zip of the function for " + arch + ", the program in it", goal: "zip ≤ 15 MB",
			value: megabytes(int64(len(code))) + ", " + megabytes(int64(len(program))),
		})
	}
	return rows, nil
}

// measureLab tells how long a person waits for a lab.
func measureLab(ctx context.Context, b *bench) ([]row, error) {
	if err := b.world(ctx); err != nil {
		return nil, err
	}
	return []row{
		{what: "start of the lab to its first answer", goal: "< 5 s", value: seconds(b.ready)},
		{what: "start of the lab until hub and three members are deployed", goal: "", value: seconds(b.deployed)},
	}, nil
}

func megabytes(n int64) string       { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// measureAssess assesses findings in memory, each number in a process of its own, and takes what the benchmark says of
// the most memory that it held.
func measureAssess(ctx context.Context, _ *bench) ([]row, error) {
	metric := regexp.MustCompile(`([0-9.]+) peak-MB`)
	var peaks []float64
	for _, findings := range []string{"5000", "50000"} {
		out, err := exec.CommandContext(ctx, "go", "test", "-count=1", "-run", "^$", "-bench", "^BenchmarkMemory$/^"+findings+"$",
			"-benchtime", "1x", "./internal/assess").CombinedOutput()
		found := metric.FindStringSubmatch(string(out))
		if err != nil || found == nil {
			return nil, fmt.Errorf("%s findings: %w\n%s", findings, err, out)
		}
		peak, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return nil, fmt.Errorf("%s findings: %w", findings, err)
		}
		peaks = append(peaks, peak)
	}
	const whole = 100
	return []row{{
		what:  "peak memory of an assessment of 5,000 and of 50,000 findings, both of 3 controls on 500 resources, in memory",
		value: fmt.Sprintf("%.1f MB, %.1f MB: %+.0f %%", peaks[0], peaks[1], whole*(peaks[1]/peaks[0]-1)),
		goal:  "≤ 20 % more",
	}}, nil
}

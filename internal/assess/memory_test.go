package assess

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/finding"
)

// many is a Security Hub with findings that it makes when they are asked for: what is measured is not the stand-in.
type many struct {
	*world
	findings, resources int
}

// GetFindings answers a page.
func (m many) GetFindings(
	ctx context.Context, in *securityhub.GetFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.GetFindingsOutput, error) {
	if !oneOf(in.Filters.ComplianceStatus, finding.Failed) {
		return &securityhub.GetFindingsOutput{}, ctx.Err()
	}
	out, from := &securityhub.GetFindingsOutput{}, 0
	if in.NextToken != nil {
		from, _ = strconv.Atoi(*in.NextToken)
	}
	page := newWorld()
	for n := from; n < min(from+perPage, m.findings); n++ {
		page.report("S3."+strconv.Itoa(n%3+1), own, fmt.Sprintf("%s-%d", bucket, n%m.resources), finding.Failed, cis)
	}
	out.Findings = page.findings
	if next := from + perPage; next < m.findings {
		out.NextToken = aws.String(strconv.Itoa(next))
	}
	return out, ctx.Err()
}

// BenchmarkMemory assesses many findings over 500 resources, and says how much memory the process held at most. Each
// number needs a process of its own: go run ./bench -only assess.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				w := newWorld()
				w.playbooks()
				for at := range 500 {
					w.open[fmt.Sprintf("%s-%d", bucket, at)] = true
				}
				j, err := Open(filepath.Join(b.TempDir(), "journal"), head(), true)
				if err != nil {
					b.Fatal(err)
				}
				a := w.assessment(j)
				a.Findings = many{w, n, 500}
				if err := a.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
				page, r := filepath.Join(b.TempDir(), "page"), j.Report()
				sum, err := a.Summarise(r)
				if err != nil || sum.Total.Findings != n || sum.Total.Work != 1500 {
					b.Fatalf("%+v, %v", sum.Total, err)
				}
				file, err := os.Create(page)
				if err != nil {
					b.Fatal(err)
				}
				if err := HTML(file, sum, r); err != nil {
					b.Fatal(err)
				}
				_, _ = file.Close(), j.Close()
			}
			b.ReportMetric(peak(b), "peak-MB")
		})
	}
}

// peak is how much memory this process held at most, as the kernel counts.
func peak(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("the peak of a process is read on Linux alone")
	}
	fields := strings.Fields(string(text))
	kilobytes, err := strconv.ParseFloat(fields[slices.Index(fields, "VmHWM:")+1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}

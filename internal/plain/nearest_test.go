package plain_test

import (
	"testing"

	"github.com/salve-security/salve/internal/plain"
)

func TestNearest(t *testing.T) {
	names := []string{"S3.2", "S3.8", "IAM.8", "eu-west-1", "us-east-1"}
	tests := map[string]struct {
		word, want string
		distance   int
	}{
		"itself":            {"S3.2", "S3.2", 0},
		"other case":        {"s3.8", "S3.8", 0},
		"letter too much":   {"S3.88", "S3.8", 1},
		"letter missing":    {"eu-wst-1", "eu-west-1", 1},
		"two letters":       {"us-aest-1", "us-east-1", 2},
		"first of the best": {"S3.5", "S3.2", 1},
		"too far":           {"GuardDuty.1", "", 3},
		"nothing":           {"", "", 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, distance := plain.Nearest(tc.word, names)
			if got != tc.want || distance != tc.distance {
				t.Errorf("Nearest(%q) = %q, %d; want %q, %d", tc.word, got, distance, tc.want, tc.distance)
			}
		})
	}
}

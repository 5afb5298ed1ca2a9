package plain_test

import (
	"testing"

	"github.com/salve-security/salve/internal/plain"
)

func TestLike(t *testing.T) {
	for _, c := range []struct {
		name, id string
		want     bool
	}{
		{"S3.8", "S3.8", true},
		{"s3.8", "S3.8", true},
		{"S3.8", "S3.80", false},
		{"s3.*", "S3.8", true},
		{"S3.?", "S3.8", true},
		{"S3.?", "S3.10", false},
		{"*.1", "EC2.1", true},
		{"S3.[", "S3.[", false},
		{"", "S3.8", false},
	} {
		if got := plain.Like(c.name, c.id); got != c.want {
			t.Errorf("%q means %q: %v, want %v", c.name, c.id, got, c.want)
		}
	}
}

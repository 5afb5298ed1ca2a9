package around_test

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
)

func finder(cfg aws.Config, now func() time.Time) *around.Finder {
	return &around.Finder{Now: now, Sessions: member.Opener{Hub: cfg, Role: names.MemberRole}}
}

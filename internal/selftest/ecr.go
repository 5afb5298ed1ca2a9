package selftest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// repositories are empty ones whose images nobody scans.
func repositories() []Seed {
	family := Family{Name: "repository", Find: findRepositories, Remove: removeRepository}
	return []Seed{{Control: "ECR.1", Price: "nothing", Make: plainRepository, Family: family}}
}

func plainRepository(ctx context.Context, cfg aws.Config, name string) (string, error) {
	out, err := ecr.NewFromConfig(cfg).CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: &name, Tags: []types.Tag{{Key: aws.String(Tag), Value: aws.String("yes")}},
	})
	if err != nil {
		return "", fmt.Errorf("make a repository: %w", err)
	}
	return aws.ToString(out.Repository.RepositoryArn), nil
}

func findRepositories(ctx context.Context, cfg aws.Config) ([]string, error) {
	client := ecr.NewFromConfig(cfg)
	var found []string
	pages := ecr.NewDescribeRepositoriesPaginator(client, &ecr.DescribeRepositoriesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list repositories: %w", err)
		}
		for _, r := range page.Repositories {
			if !strings.HasPrefix(aws.ToString(r.RepositoryName), Prefix) {
				continue
			}
			tags, err := client.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn})
			if err != nil {
				continue // one without tags is nobody's leftover
			}
			for _, tag := range tags.Tags {
				if aws.ToString(tag.Key) == Tag {
					found = append(found, aws.ToString(r.RepositoryName))
				}
			}
		}
	}
	return found, nil
}

// removeRepository deletes an empty one: AWS refuses others, and so do we.
func removeRepository(ctx context.Context, cfg aws.Config, name string) error {
	_, err := ecr.NewFromConfig(cfg).DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: &name})
	return gone(err)
}

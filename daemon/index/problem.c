#include "daemon/index/problem.h"

#include <stddef.h>

const char *imp_problem_advice(ImpProblem problem)
{
    switch (problem) {
    case IMP_PROBLEM_LINK:
        return "a symbolic link or a submodule stands where an article should be; commit the text "
               "itself";
    case IMP_PROBLEM_PATH:
        return "the path has control characters, is not UTF-8, or ends in @ and hex digits; rename "
               "the file";
    case IMP_PROBLEM_PATH_COLLISION:
        return "the path differs from an article's only by letter case or Unicode normalization; "
               "rename the file";
    default:
        return NULL;
    }
}

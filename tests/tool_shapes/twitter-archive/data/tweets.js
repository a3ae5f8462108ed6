window.YTD.tweets.part0 = [
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1700"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "99"
      ],
      "favorite_count": "0",
      "id_str": "1700",
      "truncated": false,
      "retweet_count": "0",
      "id": "1700",
      "created_at": "Fri Sep 01 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Wildfire has crossed the highway north of Redding Creek, everyone on Pine Road is told to leave now",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1701"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "62"
      ],
      "favorite_count": "7",
      "id_str": "1701",
      "truncated": false,
      "retweet_count": "1",
      "id": "1701",
      "created_at": "Fri Sep 02 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "The whole sky was ablaze tonight, prettiest sunset of the year",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1702"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "77"
      ],
      "favorite_count": "3",
      "id_str": "1702",
      "truncated": false,
      "retweet_count": "2",
      "id": "1702",
      "created_at": "Fri Sep 03 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "River flood wall gave way at 3 am, water in the ground floors of the old town",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1703"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "55"
      ],
      "favorite_count": "10",
      "id_str": "1703",
      "truncated": false,
      "retweet_count": "0",
      "id": "1703",
      "created_at": "Fri Sep 04 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "My inbox is flooding with birthday wishes, love you all",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1704"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "98"
      ],
      "favorite_count": "6",
      "id_str": "1704",
      "truncated": false,
      "retweet_count": "1",
      "id": "1704",
      "created_at": "Fri Sep 05 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Strong earthquake felt in the harbour district, lamps fell from the ceiling, people in the streets",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1705"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "58"
      ],
      "favorite_count": "2",
      "id_str": "1705",
      "truncated": false,
      "retweet_count": "2",
      "id": "1705",
      "created_at": "Fri Sep 06 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Me after two exams: crash on the couch and wake up in June",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1706"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "84"
      ],
      "favorite_count": "9",
      "id_str": "1706",
      "truncated": false,
      "retweet_count": "0",
      "id": "1706",
      "created_at": "Fri Sep 07 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Freight train derailment near the grain silo, two wagons on their side, smell of gas",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1707"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "59"
      ],
      "favorite_count": "5",
      "id_str": "1707",
      "truncated": false,
      "retweet_count": "1",
      "id": "1707",
      "created_at": "Fri Sep 08 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "That last chorus is an explosion of joy, can't stop dancing",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1708"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "70"
      ],
      "favorite_count": "1",
      "id_str": "1708",
      "truncated": false,
      "retweet_count": "2",
      "id": "1708",
      "created_at": "Fri Sep 09 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Footbridge collapsed in the park, rescue teams are searching the water",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1709"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "51"
      ],
      "favorite_count": "8",
      "id_str": "1709",
      "truncated": false,
      "retweet_count": "0",
      "id": "1709",
      "created_at": "Fri Sep 10 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "I collapsed laughing when the cat opened the fridge",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1710"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "73"
      ],
      "favorite_count": "4",
      "id_str": "1710",
      "truncated": false,
      "retweet_count": "1",
      "id": "1710",
      "created_at": "Fri Sep 11 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Tornado on the ground west of Millbrook, take cover away from the windows",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1711"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "36"
      ],
      "favorite_count": "0",
      "id_str": "1711",
      "truncated": false,
      "retweet_count": "2",
      "id": "1711",
      "created_at": "Fri Sep 12 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "My toddler is a tornado with a spoon",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1712"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "66"
      ],
      "favorite_count": "7",
      "id_str": "1712",
      "truncated": false,
      "retweet_count": "0",
      "id": "1712",
      "created_at": "Fri Sep 13 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Landslide buries part of the mountain road, three cars are missing",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1713"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "43"
      ],
      "favorite_count": "3",
      "id_str": "1713",
      "truncated": false,
      "retweet_count": "1",
      "id": "1713",
      "created_at": "Fri Sep 14 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Our little team won the quiz by a landslide",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1714"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "75"
      ],
      "favorite_count": "10",
      "id_str": "1714",
      "truncated": false,
      "retweet_count": "2",
      "id": "1714",
      "created_at": "Fri Sep 15 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Police evacuate the shopping centre after smoke from the underground garage",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1715"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "60"
      ],
      "favorite_count": "6",
      "id_str": "1715",
      "truncated": false,
      "retweet_count": "0",
      "id": "1715",
      "created_at": "Fri Sep 16 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Someone burnt popcorn again, time to evacuate the office lol",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1716"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "80"
      ],
      "favorite_count": "2",
      "id_str": "1716",
      "truncated": false,
      "retweet_count": "1",
      "id": "1716",
      "created_at": "Fri Sep 17 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Hurricane shelter at the high school is full, the next one is in the sports hall",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1717"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "40"
      ],
      "favorite_count": "9",
      "id_str": "1717",
      "truncated": false,
      "retweet_count": "2",
      "id": "1717",
      "created_at": "Fri Sep 18 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Hair like a hurricane today and I own it",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1718"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "54"
      ],
      "favorite_count": "5",
      "id_str": "1718",
      "truncated": false,
      "retweet_count": "0",
      "id": "1718",
      "created_at": "Fri Sep 19 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Eleven injured after bus hits tram at the main station",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1719"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "48"
      ],
      "favorite_count": "1",
      "id_str": "1719",
      "truncated": false,
      "retweet_count": "1",
      "id": "1719",
      "created_at": "Fri Sep 20 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "These new boots are bleeding my bank account dry",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1720"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "75"
      ],
      "favorite_count": "8",
      "id_str": "1720",
      "truncated": false,
      "retweet_count": "2",
      "id": "1720",
      "created_at": "Fri Sep 21 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Fourth month of drought, the reservoir is down to a fifth and wells run dry",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1721"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "45"
      ],
      "favorite_count": "4",
      "id_str": "1721",
      "truncated": false,
      "retweet_count": "0",
      "id": "1721",
      "created_at": "Fri Sep 22 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Panic! They are out of my favourite ice cream",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1722"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "67"
      ],
      "favorite_count": "0",
      "id_str": "1722",
      "truncated": false,
      "retweet_count": "1",
      "id": "1722",
      "created_at": "Fri Sep 23 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Factory fire at the paint works, residents should keep windows shut",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1723"
          ],
          "editableUntil": "2023-09-01T10:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "44"
      ],
      "favorite_count": "7",
      "id_str": "1723",
      "truncated": false,
      "retweet_count": "2",
      "id": "1723",
      "created_at": "Fri Sep 24 10:00:00 +0000 2023",
      "favorited": false,
      "full_text": "This album is pure fire from start to finish",
      "lang": "en"
    }
  }
]

-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: helpdesk
-- ------------------------------------------------------
-- Server version	8.0.36

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;

--
-- Table structure for table `tickets`
--

DROP TABLE IF EXISTS `tickets`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `tickets` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `customer_id` int NOT NULL,
  `subject` varchar(255) NOT NULL,
  `body` text NOT NULL,
  `category` varchar(32) DEFAULT NULL,
  `priority` enum('low','normal','high','urgent') DEFAULT 'normal',
  `status` varchar(16) NOT NULL,
  `created_at` datetime NOT NULL,
  `note` varchar(64) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `customer_id` (`customer_id`)
) ENGINE=InnoDB AUTO_INCREMENT=33 DEFAULT CHARSET=utf8mb4;

--
-- Dumping data for table `tickets`
--

LOCK TABLES `tickets` WRITE;
/*!40000 ALTER TABLE `tickets` DISABLE KEYS */;
INSERT INTO `tickets` VALUES (1,100,'Left with the wrong neighbour','The driver left my package with somebody at number 14 whom nobody here knows.','delivery','normal','open','2024-03-01 09:10:00','reopened'),(2,107,'Screen flickers after update','Since the last update the screen of the tablet flickers whenever I plug in the charger.','hardware','high','closed','2024-03-02 09:11:00',NULL),(3,114,'Courier did not ring','I was at home all day but the courier claims that he rang and nobody opened.','delivery','normal','closed','2024-03-03 09:12:00',NULL),(4,121,'Box arrived soaked','The box stood in the rain all day and the books inside are ruined.','delivery','high','open','2024-03-04 09:13:00',NULL),(5,105,'Router drops at night','Every night around eleven the router drops the connection for some minutes.','hardware','low','closed','2024-03-05 09:14:00','reopened'),(6,112,'Invoice without VAT number','The invoice you sent last week has no VAT number on it, so our bookkeeper will not accept it.','billing','normal','closed','2024-03-06 09:15:00',NULL),(7,119,'Wrong currency','Why was I billed in dollars when my account is set to Swiss francs?','billing','normal','open','2024-03-07 09:16:00',NULL),(8,103,'Refund still missing','You promised a refund three weeks ago and nothing has arrived at my bank yet.','billing','urgent','closed','2024-03-08 09:17:00',NULL),(9,110,'Colleague has left','A colleague has left our company, please hand her seat to our new trainee.','account','normal','closed','2024-03-09 09:18:00','reopened'),(10,117,'Merge two logins','By mistake I have two logins, one private and one from work; can you join them?','account','normal','open','2024-03-10 09:19:00',NULL),(11,101,'Delivery on Saturday','Is it possible to have the sofa delivered on a Saturday morning?','delivery','low','closed','2024-03-11 09:20:00',NULL),(12,108,'Half of the order missing','Only two of the four chairs came, and the note says the delivery is complete.','delivery','urgent','closed','2024-03-12 09:21:00',NULL),(13,115,'Strange sign-in from abroad','I received a warning about a sign-in from Brazil, but I have never been there.','account','urgent','open','2024-03-13 09:22:00','reopened'),(14,122,'Reset mail never comes','I asked for a new password five times and the mail never comes, not even to the junk folder.','account','high','closed','2024-03-14 09:23:00',NULL),(15,106,'Printer eats paper','The printer pulls in three sheets at once and then jams.','hardware','normal','closed','2024-03-15 09:24:00',NULL),(16,113,'Payment by bank transfer','Can our school pay the annual fee by bank transfer instead of by card?','billing','low','open','2024-03-16 09:25:00',NULL),(17,120,'Receipt for tax return','I need one receipt covering all payments of last year for my tax return.','billing','normal','closed','2024-03-17 09:26:00','reopened'),(18,104,'Key cap broke off','The key cap of the letter E broke off after only two weeks.','hardware','low','closed','2024-03-18 09:27:00',NULL),(19,111,'Parcel stuck in Lyon','The tracking page has said \'Lyon sorting centre\' for nine days and nobody answers there.','delivery','high','open','2024-03-19 09:28:00',NULL),(20,118,'Left earbud silent','The left earbud has been silent since Sunday, the right one works fine.','hardware','normal','closed','2024-03-20 09:29:00',NULL),(21,102,'Charged twice in March','My card statement shows two payments of 29.90 for the same order in March, please return one of them.','billing','high','closed','2024-03-21 09:30:00','reopened'),(22,109,'Battery swells','The battery of my two year old laptop swells and lifts the keyboard.','hardware','urgent','open','2024-03-22 09:31:00',NULL),(23,116,'Discount code not applied','I typed the code SPRING10 at the checkout but the total stayed the same.','billing','low','closed','2024-03-23 09:32:00',NULL),(24,100,'Camera shows pink stripe','All photos of the camera have a pink stripe along the upper edge.','hardware','normal','closed','2024-03-24 09:33:00',NULL),(25,107,'Two-step codes rejected','Since I have a new phone every two-step code is rejected as wrong.','account','high','open','2024-03-25 09:34:00','reopened'),(26,114,'Vacuum robot turns in circles','Our vacuum robot only turns in circles since we moved to the new flat.','hardware','normal','closed','2024-03-26 09:35:00',NULL),(27,121,'Change of surname','I got married and would like to have my new surname shown in the profile.','account','low','closed','2024-03-27 09:36:00',NULL),(28,105,'Change of address before dispatch','Please send order 88213 to my office, I will be travelling next week.','delivery','normal','open','2024-03-28 09:37:00',NULL),(29,112,'Yearly plan renewed by itself','The yearly plan was renewed although I switched off the renewal in January.','billing','high','closed','2024-03-01 09:38:00','reopened'),(30,119,'Locked after three tries','My login is locked after three wrong tries and I need it for a meeting at ten.','account','urgent','closed','2024-03-02 09:39:00',NULL),(31,103,'Delete my profile','Please delete my profile and everything you have stored about me.','account','normal','open','2024-03-03 09:40:00',NULL),(32,110,'Customs fee on a gift','The postman asks for a customs fee of 18 euros although the parcel is a gift.','delivery','normal','closed','2024-03-04 09:41:00',NULL);
/*!40000 ALTER TABLE `tickets` ENABLE KEYS */;
UNLOCK TABLES;

-- Dump completed on 2024-04-02  3:00:01
